/** What bounds and redacts bodies, without the ledger: for threads that must start fast. */
export { redactPayload } from "./redact-payload.ts";
