import { PhasegateError } from "@phasegate/wire";
import type { Config } from "../config/config.ts";
import { refuseUnderPressure } from "../health/pressure.ts";
import { UsageMeter } from "../health/usage-meter.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { Turns } from "./turns.ts";

export interface LoadOptions {
  /** As it holds now. */
  readonly config: () => Pick<Config, "server" | "health">;
  readonly metrics: Metrics;
  readonly turns?: Turns;
  /**
   * Requests of one principal, or of one address without a key, in work at once. Turns bound those that use this thread,
   * this also those that count for no turn any longer: commands, streams, transitions that wait.
   */
  readonly maxPerPrincipal?: number;
}

const defaultMaxPerPrincipal = 256;

/**
 * What the server has to do: the requests in work, in all and for each party (a principal, or an address without a
 * key), so that one agent cannot starve the rest, whose turn it is, and what the process uses. A timer looks at that until `close`.
 */
export class Load {
  readonly turns: Turns;
  private running = 0;
  private readonly byParty = new Map<string, number>();
  private readonly config: LoadOptions["config"];
  private readonly maxPerPrincipal: number;
  private readonly meter = new UsageMeter();

  constructor({ config, metrics, turns, maxPerPrincipal = defaultMaxPerPrincipal }: LoadOptions) {
    this.config = config;
    this.turns = turns ?? new Turns(() => performance.now());
    this.maxPerPrincipal = maxPerPrincipal;
    metrics.watchInFlight(() => this.running);
  }

  close(): void {
    this.meter.close();
  }

  /** Throws `overloaded` while the process has more to do than it can bear. */
  refuseUnderPressure(): void {
    refuseUnderPressure(this.meter.usage, this.config().health);
  }

  /** Throws `overloaded` while requests are sent away, whoever makes them. */
  requireRoom(): void {
    this.refuseUnderPressure();
    this.refuseFull();
  }

  /**
   * Takes a place; throws `overloaded` or `rate_limited` when there is none. What is unbounded takes one beyond the limit.
   * Each place is given back by `leave`.
   */
  enter(party: string, { unbounded = false }: { readonly unbounded?: boolean } = {}): void {
    const own = this.byParty.get(party) ?? 0;
    if (!unbounded) this.refuseFull();
    if (own >= this.shareOf(own, unbounded)) {
      throw new PhasegateError("rate_limited", `${own} requests of this client are in work, the limit of one`, {
        retryAfterSeconds: 1,
        hint: "wait for answers before you send more",
      });
    }
    this.running += 1;
    this.byParty.set(party, own + 1);
  }

  leave(party: string): void {
    this.running -= 1;
    const own = (this.byParty.get(party) ?? 1) - 1;
    if (own === 0) this.byParty.delete(party);
    else this.byParty.set(party, own);
  }

  /** While others have requests in work, no more than are still free: however many parties come, the next finds room. */
  private shareOf(own: number, unbounded: boolean): number {
    const isAlone = this.byParty.size <= (own > 0 ? 1 : 0);
    if (isAlone || unbounded) return this.maxPerPrincipal;
    return Math.min(this.maxPerPrincipal, this.config().server.max_concurrent_requests - this.running);
  }

  private refuseFull(): void {
    if (this.running < this.config().server.max_concurrent_requests) return;
    throw new PhasegateError("overloaded", `the server has ${this.running} requests in work, its limit`, {
      retryAfterSeconds: 1,
      hint: "come back later, or raise `server.max_concurrent_requests`",
    });
  }
}
