import { CircuitBreaker, type CircuitBreakerOptions, type CircuitBreakerStats } from "./circuit-breaker.ts";
import { requireNumber } from "./settings.ts";

export interface CircuitBreakersOptions extends Omit<CircuitBreakerOptions, "name"> {
  /** Breakers that are kept; past it, the one that was used longest ago goes. Default: 1,000. */
  readonly maxBreakers?: number;
}

/** One breaker for each key, all of one kind, so that one dead system does not keep calls from the others. */
export class CircuitBreakers {
  readonly #options: Omit<CircuitBreakerOptions, "name">;
  readonly #max: number;
  readonly #byKey = new Map<string, CircuitBreaker>();

  constructor({ maxBreakers = 1_000, ...options }: CircuitBreakersOptions = {}) {
    this.#max = requireNumber("maxBreakers", maxBreakers, { minimum: 1, maximum: 1_000_000 });
    this.#options = options;
  }

  /** The breaker of a key, made at its first use. */
  get(key: string): CircuitBreaker {
    const breaker = this.#byKey.get(key) ?? new CircuitBreaker({ ...this.#options, name: key });
    this.#byKey.delete(key);
    this.#byKey.set(key, breaker);
    const oldest = this.#byKey.size > this.#max ? this.#byKey.keys().next().value : undefined;
    if (oldest !== undefined) this.#byKey.delete(oldest);
    return breaker;
  }

  call<Value>(key: string, fn: () => Value | Promise<Value>): Promise<Value> {
    return this.get(key).call(fn);
  }

  /** By name. */
  stats(): CircuitBreakerStats[] {
    return [...this.#byKey.values()]
      .map((breaker) => breaker.stats())
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** Closes one circuit; null when none has this key. */
  reset(key: string): CircuitBreakerStats | null {
    const breaker = this.#byKey.get(key);
    if (!breaker) return null;
    breaker.reset();
    return breaker.stats();
  }
}
