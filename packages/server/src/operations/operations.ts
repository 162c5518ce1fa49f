import type { OperationId, PrincipalId, TaskId } from "@phasegate/wire";
import { PhasegateError } from "@phasegate/wire";
import type { Clock } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";

/** Something that may wait, and whose end can be asked for. */
export interface Operation {
  readonly id: OperationId;
  readonly taskId: TaskId;
  readonly principal: PrincipalId;
  readonly startedAt: string;
  stage: string;
  outcome: OperationOutcome | null;
  /** Asks it to end; what has been decided stays decided. */
  withdraw(): void;
  /** Fires when it was withdrawn. */
  readonly signal: AbortSignal;
}

export type OperationOutcome =
  | { readonly kind: "response"; readonly answer: RouteAnswer }
  | { readonly kind: "error"; readonly error: PhasegateError };

/** Finished operations are kept at most this long. */
const keepMs = 24 * 60 * 60 * 1_000;
const maxOperations = 10_000;

/**
 * The operations of this instance: running, or finished and not yet forgotten.
 * The decision behind each is in the ledger; this holds only the way to its answer.
 */
export class Operations {
  readonly #clock: Clock;
  readonly #operations = new Map<OperationId, Operation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(options: { id: OperationId; taskId: TaskId; principal: PrincipalId }): Operation {
    this.#forgetOld();
    const controller = new AbortController();
    const operation: Operation = {
      ...options,
      signal: controller.signal,
      withdraw: () => controller.abort(),
      startedAt: new Date(this.#clock.now()).toISOString(),
      stage: "gathering_facts",
      outcome: null,
    };
    this.#operations.set(operation.id, operation);
    return operation;
  }

  /** The operation, if `principal` asked for it; else the problem `unknown_operation`. */
  require(id: OperationId, principal: PrincipalId): Operation {
    const operation = this.#operations.get(id);
    if (!operation || operation.principal !== principal) {
      throw new PhasegateError("unknown_operation", `no operation \`${id}\``, {
        hint: "operations are kept for 24 hours and end with the server; look at the task itself",
      });
    }
    return operation;
  }

  forget(id: OperationId): void {
    this.#operations.delete(id);
  }

  #forgetOld(): void {
    const oldest = this.#clock.now() - keepMs;
    for (const [id, operation] of this.#operations) {
      const surplus = this.#operations.size >= maxOperations;
      if (operation.outcome && (surplus || Date.parse(operation.startedAt) < oldest)) this.#operations.delete(id);
      else if (!surplus) break;
    }
    if (this.#operations.size >= maxOperations) {
      throw new PhasegateError("overloaded", "too many operations are under way", { retryAfterSeconds: 5 });
    }
  }
}
