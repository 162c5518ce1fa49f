import { parentPort, workerData } from "node:worker_threads";
import { fitRun, type RunToFit } from "./fit-run.ts";

parentPort?.postMessage(fitRun(workerData as RunToFit));
