import { PhasegateError, type PrincipalId } from "@phasegate/wire";
import type { Config } from "../config/config.ts";
import { refuseUnderPressure } from "../health/pressure.ts";
import { UsageMeter } from "../health/usage-meter.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export interface LoadOptions {
  /** As it holds now. */
  readonly config: () => Pick<Config, "server" | "health">;
  readonly metrics: Metrics;
  /** Requests of one principal in work at once. */
  readonly maxPerPrincipal?: number;
}

const defaultMaxPerPrincipal = 256;

/**
 * What the server has to do: the requests in work, in all and for each principal, so that one agent cannot starve the
 * rest, and what the process uses. A timer looks at that until `close`.
 */
export class Load {
  private running = 0;
  private readonly byPrincipal = new Map<PrincipalId, number>();
  private readonly config: LoadOptions["config"];
  private readonly maxPerPrincipal: number;
  private readonly meter = new UsageMeter();

  constructor({ config, metrics, maxPerPrincipal = defaultMaxPerPrincipal }: LoadOptions) {
    this.config = config;
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
  enter(principal: PrincipalId, { unbounded = false }: { readonly unbounded?: boolean } = {}): void {
    const own = this.byPrincipal.get(principal) ?? 0;
    if (!unbounded) this.refuseFull();
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

  private refuseFull(): void {
    if (this.running < this.config().server.max_concurrent_requests) return;
    throw new PhasegateError("overloaded", `the server has ${this.running} requests in work, its limit`, {
      retryAfterSeconds: 1,
      hint: "come back later, or raise `server.max_concurrent_requests`",
    });
  }
}
