import { PhasegateError, type PrincipalId } from "@phasegate/wire";

export interface StreamLimits {
  readonly maxStreams: number;
  readonly maxStreamsPerPrincipal: number;
}

/** Streams in use; a place is free again when its signal fires, which it does when the connection ends. */
export class StreamPlaces {
  private readonly limits: StreamLimits;
  private readonly taken = new Map<PrincipalId, number>();
  private total = 0;

  constructor(limits: StreamLimits) {
    this.limits = limits;
  }

  take(principal: PrincipalId, signal: AbortSignal): void {
    const own = this.taken.get(principal) ?? 0;
    if (this.total >= this.limits.maxStreams || own >= this.limits.maxStreamsPerPrincipal) {
      throw new PhasegateError(
        own >= this.limits.maxStreamsPerPrincipal ? "rate_limited" : "overloaded",
        "too many event streams are open",
        {
          retryAfterSeconds: 10,
          hint: "close streams that nobody reads, or poll GET /api/v1/events?after=",
        },
      );
    }
    this.total += 1;
    this.taken.set(principal, own + 1);
    signal.addEventListener("abort", () => this.free(principal), { once: true });
  }

  private free(principal: PrincipalId): void {
    this.total -= 1;
    const own = (this.taken.get(principal) ?? 1) - 1;
    if (own === 0) this.taken.delete(principal);
    else this.taken.set(principal, own);
  }
}
