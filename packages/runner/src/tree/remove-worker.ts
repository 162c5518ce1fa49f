import { workerData } from "node:worker_threads";
import { removeWhole } from "./remove-whole.ts";

removeWhole(workerData as string);
