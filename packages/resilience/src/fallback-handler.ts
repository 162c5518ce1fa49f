import { fallback, handleWhen } from "cockatiel";
import { ConfigurationError, mayDegrade } from "./errors.ts";

export type Fallback<Value> = (error: unknown) => Value | Promise<Value>;

export interface FallbackOptions<Value> {
  readonly fallback: Fallback<Value>;
  /** Failures that it stands in for. Default: all that may degrade. */
  readonly when?: (error: unknown) => boolean;
}

/**
 * Gives another answer where a call failed. Never where the call asked for a decision: a failure that says `mayDegrade:
 * false` is thrown as it is, and so is any failure whose fallback would be an allowance (`effect: "allow"`,
 * `allowed: true`), whatever options say.
 */
export class FallbackHandler<Value = unknown> {
  readonly #fallback: Fallback<Value>;
  readonly #when: (error: unknown) => boolean;

  constructor(options: FallbackOptions<Value> | Fallback<Value>) {
    const given = typeof options === "function" ? { fallback: options } : options;
    if (typeof given?.fallback !== "function") {
      throw new ConfigurationError("`fallback` must be a function of the error");
    }
    this.#fallback = given.fallback;
    this.#when = given.when ?? (() => true);
  }

  async execute<Result>(fn: () => Result | Promise<Result>): Promise<Result | Value> {
    let failure: unknown;
    const handled = handleWhen((error) => {
      failure = error;
      return mayDegrade(error) && this.#when(error);
    });
    const covered = fallback(handled, async () => {
      const value = await this.#fallback(failure);
      // INVARIANT: a denial, and a decision that never came, stay what they are.
      if (isAllowance(value)) throw failure;
      return value;
    });
    return covered.execute(fn);
  }
}

function isAllowance(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { effect, allowed } = value as { readonly effect?: unknown; readonly allowed?: unknown };
  return effect === "allow" || allowed === true;
}
