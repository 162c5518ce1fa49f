import type { RequestCaller } from "./request-caller.ts";

const checkEveryMs = 250;

/**
 * One timer for the time limit of all requests, since a timer for each would cost more than a small decision. All
 * have the same limit, also after it was changed, so the set stays in the order in which they end. `stop` before the server closes.
 */
export class Deadlines {
  private readonly running = new Set<RequestCaller>();
  private readonly limitMs: () => number;
  private readonly now: () => number;
  private readonly timer: NodeJS.Timeout;

  constructor(limitMs: () => number, now: () => number) {
    this.limitMs = limitMs;
    this.now = now;
    this.timer = setInterval(() => this.endOverdue(), checkEveryMs);
    this.timer.unref();
  }

  start(caller: RequestCaller): void {
    caller.startedAt = this.now();
    this.running.add(caller);
  }

  end(caller: RequestCaller): void {
    this.running.delete(caller);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private endOverdue(): void {
    const latestStart = this.now() - this.limitMs();
    for (const caller of this.running) {
      if (caller.startedAt > latestStart) return;
      this.running.delete(caller);
      caller.timeOut();
    }
  }
}
