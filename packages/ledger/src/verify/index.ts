export type { ProblemArea, VerifyProblem, VerifyReport } from "./report.ts";
export type { VerifyOptions } from "./verify-contents.ts";
export { verifyLedger, verifyOpenLedger } from "./verify-ledger.ts";
