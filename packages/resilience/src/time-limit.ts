import { timeout, TimeoutStrategy, TaskCancelledError } from "cockatiel";
import { TimeLimitError } from "./errors.ts";
import { longestMs, requireKnown, requireNumber } from "./settings.ts";

/** Ends the wait for a call after a time: throws TimeLimitError, and fires the signal that the call was given. */
export class TimeLimit {
  readonly timeoutMs: number;

  constructor(options: { readonly timeoutMs: number }) {
    requireKnown("TimeLimit", options, ["timeoutMs"]);
    this.timeoutMs = requireNumber("timeoutMs", options.timeoutMs, { minimum: 1, maximum: longestMs, whole: false });
  }

  async execute<Value>(fn: (signal: AbortSignal) => Value | Promise<Value>, signal?: AbortSignal): Promise<Value> {
    const limited = timeout(this.timeoutMs, TimeoutStrategy.Aggressive);
    let late = false;
    limited.onTimeout(() => {
      late = true;
    });
    try {
      return await limited.execute((context) => fn(context.signal), signal);
    } catch (error) {
      if (late && error instanceof TaskCancelledError) throw new TimeLimitError(this.timeoutMs);
      throw error;
    }
  }
}
