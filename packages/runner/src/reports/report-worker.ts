import { parentPort, workerData } from "node:worker_threads";
import { parseHere, type ReportText } from "./parse-report.ts";

parentPort?.postMessage(parseHere(workerData as ReportText));
