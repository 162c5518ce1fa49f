import type { Logger } from "pino";

const linesPerMinute = 20;
const minuteMs = 60_000;

interface Rejection {
  readonly code: string;
  readonly method: string;
  readonly operation: string;
  readonly request_id: string;
  /** What failed outside of the request. */
  readonly err?: unknown;
}

/** Logs refusals at a limited rate: neither garbage nor a full disk may fill the log. What was left out is counted. */
export class RejectionLog {
  private readonly log: Logger;
  private readonly now: () => number;
  private minuteStart = 0;
  private written = 0;
  private leftOut = 0;

  constructor(log: Logger, now: () => number) {
    this.log = log;
    this.now = now;
  }

  write(details: Rejection): void {
    const now = this.now();
    if (now - this.minuteStart >= minuteMs) {
      if (this.leftOut > 0) this.log.warn({ left_out: this.leftOut }, "more requests were refused than are logged");
      this.minuteStart = now;
      this.written = 0;
      this.leftOut = 0;
    }
    if (this.written >= linesPerMinute) {
      this.leftOut += 1;
      return;
    }
    this.written += 1;
    this.log.warn(details, "request refused");
  }
}
