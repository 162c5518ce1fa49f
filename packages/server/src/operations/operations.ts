import type { OperationId, PrincipalId, TaskId } from "@phasegate/wire";
import { PhasegateError } from "@phasegate/wire";
import type { Clock } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";

/** How the first judgement of a transition ended: with an answer, or with something to wait for. */
export type FirstJudgement =
  | { readonly kind: "answer"; readonly answer: RouteAnswer }
  | { readonly kind: "error"; readonly error: PhasegateError }
  | { readonly kind: "pending"; readonly operationId: OperationId };

/** A transition whose first judgement this instance makes or has made. */
export interface Operation {
  readonly id: OperationId;
  readonly taskId: TaskId;
  readonly principal: PrincipalId;
  readonly startedAt: string;
  /** Null while the tree is read and judged. */
  judged: FirstJudgement | null;
  /** Asks the first judgement to end; what has been decided stays decided. */
  withdraw(): void;
  /** Fires when it was withdrawn. */
  readonly signal: AbortSignal;
}

/** Judged operations are kept at most this long. */
const keepMs = 24 * 60 * 60 * 1_000;
const maxOperations = 10_000;

/**
 * First judgements of this instance, until they are forgotten. Once a transition is pending, all about it is in the
 * ledger, and this holds only the way there.
 */
export class Operations {
  readonly #clock: Clock;
  readonly #operations = new Map<OperationId, Operation>();
  readonly #stopping = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Fires when the server stops: who waits for an operation is answered that it is not decided yet. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  start(options: { id: OperationId; taskId: TaskId; principal: PrincipalId }): Operation {
    this.#forgetOld();
    const controller = new AbortController();
    const operation: Operation = {
      ...options,
      signal: controller.signal,
      withdraw: () => controller.abort(),
      startedAt: new Date(this.#clock.now()).toISOString(),
      judged: null,
    };
    this.#operations.set(operation.id, operation);
    return operation;
  }

  find(id: OperationId): Operation | null {
    return this.#operations.get(id) ?? null;
  }

  forget(id: OperationId): void {
    this.#operations.delete(id);
  }

  close(): Promise<void> {
    this.#stopping.abort();
    return Promise.resolve();
  }

  #forgetOld(): void {
    const oldest = this.#clock.now() - keepMs;
    for (const [id, operation] of this.#operations) {
      const surplus = this.#operations.size >= maxOperations;
      if (operation.judged && (surplus || Date.parse(operation.startedAt) < oldest)) this.#operations.delete(id);
      else if (!surplus) break;
    }
    if (this.#operations.size >= maxOperations) {
      throw new PhasegateError("overloaded", "too many operations are under way", { retryAfterSeconds: 5 });
    }
  }
}
