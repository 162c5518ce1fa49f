import type { RenewAnswer } from "@phasegate/wire";
import { ConflictError, PhasegateApiError, RateLimitedError, ServerError, UnavailableError } from "../errors.ts";
import type { ClientListener } from "../events.ts";
import type { Hold } from "./hold.ts";

export interface HeartbeatOptions {
  readonly hold: Hold;
  /** Null: a third of the lease, as the server tells it. */
  readonly intervalMs: number | null;
  readonly random: () => number;
  readonly onEvent: ClientListener;
}

const shortestMs = 50;
const longestMs = 60_000;
/** Until the first answer tells how long a lease is. */
const firstMs = 1_000;

/**
 * Tells the server that the holder lives, in the background, until it is stopped or the hold is lost. The timer never
 * keeps a process alive, and no beat starts before the last one has ended.
 *
 * States: idle (before `start`, after `stop`), waiting (a timer runs), beating (a request is under way).
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopping: AbortController | null = null;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#stopping !== null;
  }

  start(): void {
    if (this.#stopping) return;
    this.#stopping = new AbortController();
    this.#schedule(this.#options.intervalMs ?? firstMs, this.#stopping.signal);
  }

  stop(): void {
    this.#stopping?.abort(new Error("the heartbeat was stopped"));
    this.#stopping = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule(intervalMs: number, stopped: AbortSignal): void {
    if (stopped.aborted) return;
    // Between 80 and 100 % of the interval, so that many agents do not beat at once.
    const delayMs = Math.round(intervalMs * (0.8 + 0.2 * this.#options.random()));
    this.#timer = setTimeout(() => void this.#beat(stopped), delayMs);
    letProcessEnd(this.#timer);
  }

  async #beat(stopped: AbortSignal): Promise<void> {
    const { hold, onEvent } = this.#options;
    const taskId = hold.task.id;
    try {
      const { body, token } = await hold.send<RenewAnswer>(stopped, (phase_token) => ({
        method: "POST",
        path: `/tasks/${encodeURIComponent(taskId)}/heartbeat`,
        body: { phase_token },
        signOfLife: true,
      }));
      hold.renewed(body, token);
      onEvent({ type: "heartbeat", taskId, leaseExpiresAt: body.lease_expires_at });
      this.#schedule(this.#options.intervalMs ?? thirdOfLease(body), stopped);
    } catch (error) {
      if (stopped.aborted) return;
      if (endsHold(error)) {
        this.stop();
        onEvent({ type: "hold_lost", taskId, error });
        return;
      }
      onEvent({ type: "heartbeat_failed", taskId, error });
      this.#schedule(this.#options.intervalMs ?? firstMs, stopped);
    }
  }
}

/** A conflict passes: no lease runs while a person is awaited. */
function endsHold(error: unknown): error is PhasegateApiError {
  if (!(error instanceof PhasegateApiError)) return false;
  const passing = [ConflictError, RateLimitedError, UnavailableError, ServerError];
  return !passing.some((Class) => error instanceof Class);
}

function thirdOfLease(answer: RenewAnswer): number {
  const leftMs = Date.parse(answer.lease_expires_at) - Date.now();
  return Math.min(longestMs, Math.max(shortestMs, leftMs / 3));
}

/** Node and Bun answer an object with `unref`; Deno a number that its own call takes; a browser needs neither. */
function letProcessEnd(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function") {
    timer.unref();
    return;
  }
  const { Deno } = globalThis as { Deno?: { unrefTimer?: (id: unknown) => void } };
  Deno?.unrefTimer?.(timer);
}
