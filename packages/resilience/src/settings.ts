import { ConfigurationError } from "./errors.ts";

export interface NumberRange {
  readonly minimum: number;
  readonly maximum: number;
  /** Default true. */
  readonly whole?: boolean;
}

/** Longest delay that timers of every platform take. */
export const longestMs = 2_147_483_647;

/** The value, or ConfigurationError that names the setting and its range. */
export function requireNumber(name: string, value: unknown, { minimum, maximum, whole = true }: NumberRange): number {
  const fits =
    typeof value === "number" && value >= minimum && value <= maximum && (!whole || Number.isSafeInteger(value));
  if (fits) return value;
  const kind = whole ? "a whole number" : "a number";
  throw new ConfigurationError(`\`${name}\` must be ${kind} from ${minimum} to ${maximum}, not \`${String(value)}\``);
}

/** Refuses members that no option has: a mistyped limit must not be silently without effect. */
export function requireKnown(of: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new ConfigurationError(`\`${of}\` has no option \`${unknown.join("`, `")}\`; known: ${known.join(", ")}`);
}
