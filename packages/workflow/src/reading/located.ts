import type { JsonValue, RuleReference } from "@phasegate/wire";

/** A value of a file together with where it stands, so that every message can name `file:line:column`. */
export type Located = LocatedScalar | LocatedList | LocatedMap;

interface LocatedScalar {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** A number as the file has it: `1.10` is a version, 1.1 is not. */
  readonly written?: string;
  readonly place: RuleReference;
}

interface LocatedList {
  readonly kind: "list";
  readonly items: readonly Located[];
  readonly place: RuleReference;
}

export interface LocatedMap {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  readonly place: RuleReference;
}

export interface LocatedEntry {
  /** Where the key stands. */
  readonly place: RuleReference;
  readonly value: Located;
}

/** The value under a key of a map; undefined for anything else. Wrong shapes are reported elsewhere, once. */
export function member(node: Located | undefined, key: string): Located | undefined {
  return node?.kind === "map" ? node.entries.get(key)?.value : undefined;
}

export function keyPlace(node: Located | undefined, key: string): RuleReference | undefined {
  return node?.kind === "map" ? node.entries.get(key)?.place : undefined;
}

export function textOf(node: Located | undefined): string | null {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : null;
}

export function numberOf(node: Located | undefined): number | null {
  return node?.kind === "scalar" && typeof node.value === "number" ? node.value : null;
}

export function booleanOf(node: Located | undefined): boolean | null {
  return node?.kind === "scalar" && typeof node.value === "boolean" ? node.value : null;
}

/** The items of a list, or of a single value that stands for a list of one; empty when absent. */
export function itemsOf(node: Located | undefined): readonly Located[] {
  if (!node) return [];
  return node.kind === "list" ? node.items : [node];
}

/** The entries of a map in the order of their keys, so that nothing depends on the order in the file. */
export function sortedEntries(node: Located | undefined): readonly (readonly [string, LocatedEntry])[] {
  if (node?.kind !== "map") return [];
  return [...node.entries].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

/** The plain JSON of a value, places dropped. */
export function toJson(node: Located): JsonValue {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toJson);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toJson(entry.value)]));
}
