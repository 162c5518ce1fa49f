import { describeLedger } from "../conformance/index.ts";
import { openMemoryLedger } from "./memory-ledger.ts";

describeLedger(async () => openMemoryLedger());
