import { AsyncLocalStorage } from "node:async_hooks";

/** What a piece of work belongs to; each line that is logged meanwhile carries it. */
export interface LogContext {
  readonly request_id?: string;
  readonly task_id?: string;
  readonly job_id?: string;
}

const store = new AsyncLocalStorage<LogContext>();

/** Runs `work` so that every line that it logs carries these ids, also after it waited for something. */
export function withLogContext<Result>(ids: LogContext, work: () => Result): Result {
  return store.run(ids, work);
}

export function currentLogContext(): LogContext {
  return { ...store.getStore() };
}
