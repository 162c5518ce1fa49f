export { exitCodes, type ExitCode } from "./failure.ts";
