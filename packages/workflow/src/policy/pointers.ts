/** The components of a JSON pointer (RFC 6901). `""` is the whole document. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === "") return [];
  return pointer
    .replace(/^\//u, "")
    .split("/")
    .map((component) => component.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A name as a component of a JSON pointer. */
export function escapedComponent(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What stands at a place in a parsed document; undefined when there is nothing. */
export function valueAt(document: unknown, pointer: readonly string[]): unknown {
  let value = document;
  for (const component of pointer) value = memberOf(value, component);
  return value;
}

/** True when the two documents differ at most at or below the given places. */
export function differOnlyAt(left: unknown, right: unknown, places: readonly (readonly string[])[]): boolean {
  if (places.some((place) => place.length === 0)) return true;
  const inner = places.filter((place) => place.length > 0);
  if (inner.length === 0 || !isContainer(left ?? {}) || !isContainer(right ?? {})) return sameValue(left, right);
  // Where one side lacks the object that leads to a place, an empty one is meant; a list is never one.
  if (Array.isArray(left ?? []) !== Array.isArray(right ?? []) && left !== undefined && right !== undefined)
    return false;
  if (left === null || right === null) return sameValue(left, right);
  const keys = new Set([...keysOf(left), ...keysOf(right)]);
  for (const key of keys) {
    const below = inner.filter(([first]) => first === key).map((place) => place.slice(1));
    if (!differOnlyAt(memberOf(left, key), memberOf(right, key), below)) return false;
  }
  return true;
}

/** Equality of parsed values: key order does not matter, everything else does. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (left instanceof Date && right instanceof Date) return left.toISOString() === right.toISOString();
  if (!isContainer(left) || !isContainer(right) || left instanceof Date || right instanceof Date) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = keysOf(left);
  if (keys.length !== keysOf(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && sameValue(memberOf(left, key), memberOf(right, key)));
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function keysOf(value: unknown): string[] {
  return isContainer(value) ? Object.keys(value) : [];
}

function memberOf(value: unknown, key: string): unknown {
  if (!isContainer(value) || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
