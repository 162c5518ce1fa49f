import { describeSentences } from "./table.ts";

describeSentences("vitest");
