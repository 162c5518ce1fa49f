import type { RuleReference } from "@phasegate/wire";

/** JSON pointers into something normalized, with where each part of it was written. */
export type Places = Map<string, RuleReference>;

/** Something normalized, with the places of its parts relative to itself; `""` is the whole. */
export interface Placed<Value> {
  readonly value: Value;
  readonly places: Places;
}

export function placed<Value>(value: Value, place: RuleReference): Placed<Value> {
  return { value, places: new Map([["", place]]) };
}

/** Puts the places of a part under the pointer that it has in the whole. */
export function putUnder(places: Places, pointer: string, part: Places): void {
  for (const [below, place] of part) places.set(`${pointer}${below}`, place);
}

/** Records where an optional part was written; a part that is a default has no place. */
export function putWritten(
  places: Places,
  pointer: string,
  written: { readonly place: RuleReference } | undefined,
): void {
  if (written) places.set(pointer, written.place);
}

/** A list of placed parts as one placed list. */
export function placedList<Value>(parts: readonly Placed<Value>[], place: RuleReference): Placed<Value[]> {
  const places: Places = new Map([["", place]]);
  for (const [index, part] of parts.entries()) putUnder(places, `/${index}`, part.places);
  return { value: parts.map((part) => part.value), places };
}
