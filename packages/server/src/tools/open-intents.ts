import { PhasegateError, type TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { Rounds } from "../rounds.ts";
import { interruptEndedCalls } from "../tasks/recovery.ts";

const intervalMs = 1_000;
/** What is past it stays open until the next start. */
const maxTasks = 10_000;

/**
 * Closes the intents of calls whose end could not be recorded, as soon as the ledger can be written again: they would
 * count as open calls of their task until the next start.
 */
export class OpenIntents {
  /** Whoever made this starts and ends them. */
  readonly rounds: Rounds;
  readonly #context: ServerContext;
  readonly #tasks = new Set<TaskId>();

  constructor(context: ServerContext) {
    this.#context = context;
    this.rounds = new Rounds({
      run: () => this.close(),
      intervalMs,
      log: context.log,
      failed: "calls that ended without a record could not be closed",
    });
  }

  /** A call of the task may have ended with its intent open. */
  suspect(taskId: TaskId): void {
    if (this.#tasks.size < maxTasks) this.#tasks.add(taskId);
  }

  /** One round, now. A task whose calls still run, or that the ledger does not take yet, waits for the next one. */
  async close(): Promise<void> {
    for (const taskId of this.#tasks) {
      if (this.rounds.stopped) return;
      try {
        const left = await interruptEndedCalls(this.#context, taskId, "the ledger did not take the end of the call");
        if (left === 0) this.#tasks.delete(taskId);
      } catch (error) {
        if (error instanceof PhasegateError && error.code === "ledger_unavailable") return;
        // What nobody foresaw is told once, and keeps no other task waiting.
        this.#tasks.delete(taskId);
        throw error;
      }
    }
  }
}
