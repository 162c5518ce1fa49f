import { escapedComponent } from "../../policy/pointers.ts";

/** What stands at a place of a document, before and now; undefined where there is nothing. */
export interface Sides {
  readonly before: unknown;
  readonly after: unknown;
}

/** Both sides at a place. */
export function at(sides: Sides, ...keys: readonly string[]): Sides {
  const step = (value: unknown, key: string): unknown => membersOf(value)?.[key];
  return { before: keys.reduce(step, sides.before), after: keys.reduce(step, sides.after) };
}

/** The members of an object; null for anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> | null {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : null;
}

/** Whether the sides differ. The order of keys counts: the first condition that holds is taken. */
export function differ({ before, after }: Sides): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

/** Members whose value changed, those that are gone, and new ones of which `isTold` holds. */
export function changedMembers(sides: Sides, isTold: (key: string) => boolean = () => true): readonly string[] {
  const [before, after] = [membersOf(sides.before) ?? {}, membersOf(sides.after) ?? {}];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) =>
    Object.hasOwn(before, key) ? differ(at(sides, key)) : isTold(key),
  );
}

/** A list that kept all that it held, in its order, and gained more. */
export function grewAsList({ before = [], after }: Sides): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return false;
  const all = after.map((one) => JSON.stringify(one));
  let from = 0;
  return before.every((one) => {
    const place = all.indexOf(JSON.stringify(one), from);
    from = place + 1;
    return place !== -1;
  });
}

/**
 * Of a map from names to places, what leads a name elsewhere that led somewhere before: changed and lost members, and new
 * ones that a pattern of before (`./*`) took, or of which `isTaken` says so.
 */
export function ledElsewhere(sides: Sides, isTaken: (name: string) => boolean = () => false): readonly string[] {
  const patterns = Object.keys(membersOf(sides.before) ?? {}).filter((key) => key.includes("*") || key.endsWith("/"));
  const isMatched = (key: string): boolean =>
    patterns.some((pattern) => {
      const [head = "", tail = ""] = pattern.split("*");
      return key.startsWith(head) && key.endsWith(tail);
    });
  return changedMembers(sides, (key) => isMatched(key) || isTaken(key));
}

/** The place of a member in the text of a warning. */
export function place(...keys: readonly string[]): string {
  return `#/${keys.map(escapedComponent).join("/")}`;
}
