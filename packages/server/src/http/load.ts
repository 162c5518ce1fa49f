import { PhasegateError, type PrincipalId } from "@phasegate/wire";
import type { Metrics } from "../telemetry/metrics.ts";

/** Counts the requests in work, in all and for each principal, so that one agent cannot starve the rest. */
export class Load {
  private running = 0;
  private readonly byPrincipal = new Map<PrincipalId, number>();
  private readonly maxRunning: () => number;
  private readonly maxPerPrincipal: number;

  constructor(maxRunning: () => number, maxPerPrincipal: number, metrics: Metrics) {
    this.maxRunning = maxRunning;
    this.maxPerPrincipal = maxPerPrincipal;
    metrics.watchInFlight(() => this.running);
  }

  /**
   * Takes a place; throws `overloaded` or `rate_limited` when there is none. What is unbounded takes one beyond the limit.
   * Each place is given back by `leave`.
   */
  enter(principal: PrincipalId, { unbounded = false }: { readonly unbounded?: boolean } = {}): void {
    const own = this.byPrincipal.get(principal) ?? 0;
    if (!unbounded && this.running >= this.maxRunning()) {
      throw new PhasegateError("overloaded", `the server has ${this.running} requests in work, its limit`, {
        retryAfterSeconds: 1,
        hint: "come back later, or raise `server.max_concurrent_requests`",
      });
    }
    if (own >= this.maxPerPrincipal) {
      throw new PhasegateError("rate_limited", `${own} requests of this principal are in work, the limit of one`, {
        retryAfterSeconds: 1,
        hint: "wait for answers before you send more",
      });
    }
    this.running += 1;
    this.byPrincipal.set(principal, own + 1);
  }

  leave(principal: PrincipalId): void {
    this.running -= 1;
    const own = (this.byPrincipal.get(principal) ?? 1) - 1;
    if (own === 0) this.byPrincipal.delete(principal);
    else this.byPrincipal.set(principal, own);
  }
}
