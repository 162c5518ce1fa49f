export { openMemoryLedger } from "./memory/memory-ledger.ts";
export { examineLedger } from "./sqlite/examine-ledger.ts";
export { copyLedger } from "./sqlite/copy-ledger.ts";
export { type LedgerObserver, openSqliteLedger, type SqliteLedgerOptions } from "./sqlite/sqlite-ledger.ts";
export { auditBodies } from "./audit-facts.ts";
export { projectTask, withOpenDependencies } from "./index-row.ts";
export { RecentEvents } from "./recent-events.ts";
export { Slices } from "./slices.ts";
export { KeptPayload } from "./redaction/kept-payload.ts";
export { redactPayload } from "./redaction/redact-payload.ts";
export type {
  AppendBatch,
  AppendResult,
  AuditQuery,
  AuditRow,
  AuditStats,
  IdempotencyState,
  Job,
  Ledger,
  NewJob,
  Page,
  Payload,
  ReadAllOptions,
  SignedHead,
  StoredSignedHead,
  TaskQuery,
  TaskRow,
} from "./port.ts";
