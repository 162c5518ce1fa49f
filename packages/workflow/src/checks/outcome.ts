import { Type } from "typebox";
import type { CheckOutcome } from "./definition.ts";

export const noParameters = Type.Object({}, { additionalProperties: false });

export function pass(note?: string): CheckOutcome {
  return note === undefined ? { passed: true } : { passed: true, note };
}

export function fail(message: string, hint?: string): CheckOutcome {
  return hint === undefined ? { passed: false, message } : { passed: false, message, hint };
}

/** At most `limit` values in back-ticks, and how many more there are. */
export function listed(values: readonly string[], limit = 5): string {
  const shown = values.slice(0, limit).map((value) => `\`${value}\``);
  const more = values.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

/** `1 file`, `2 files`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
