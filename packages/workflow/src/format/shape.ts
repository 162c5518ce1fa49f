import type { RuleReference } from "@phasegate/wire";
import { keyPlace, type Located, type LocatedMap } from "../reading/located.ts";
import { type Reporter, shorten, suggest } from "../reading/reporter.ts";

/** The part of JSON Schema that this product's own shapes are written in. */
export interface Shape {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly patternProperties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: boolean | Shape;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly pattern?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/**
 * Reports every place where a value does not have a shape, in the words of a workflow file: unknown keys with the
 * nearest known one, missing keys, wrong kinds, values out of range.
 */
export function checkShape(shape: Shape, node: Located, reporter: Reporter, where = ""): void {
  if (shape.anyOf) return checkUnion(shape.anyOf, node, reporter, where);
  if (!fitsKind(shape, node)) {
    reporter.error(
      node.place,
      "invalid-type",
      `${subject(where)} must be ${describe(shape)}`,
      shape.description ?? null,
    );
    return;
  }
  if (node.kind === "map") checkMap(shape, node, reporter);
  else if (node.kind === "list") checkList(shape, node.items, node.place, reporter, where);
  else checkScalar(shape, node.value, node.place, reporter, where);
}

function checkUnion(shapes: readonly Shape[], node: Located, reporter: Reporter, where: string): void {
  const fitting = shapes.filter((shape) => fitsKind(shape, node));
  const [only] = fitting;
  if (only === undefined) {
    const kinds = [...new Set(shapes.map(describe))].join(" or ");
    reporter.error(node.place, "invalid-type", `${subject(where)} must be ${kinds}`);
  } else {
    checkShape(only, node, reporter, where);
  }
}

function checkMap(shape: Shape, node: LocatedMap, reporter: Reporter): void {
  const properties = shape.properties ?? {};
  const [ofEach] = Object.values(shape.patternProperties ?? {});
  for (const [key, entry] of node.entries) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const expected =
      known ?? ofEach ?? (typeof shape.additionalProperties === "object" ? shape.additionalProperties : undefined);
    if (expected !== undefined) checkShape(expected, entry.value, reporter, key);
    else if (shape.additionalProperties === false) {
      reporter.unknown(entry.place, "unknown-key", "key", key, Object.keys(properties));
    }
  }
  for (const key of shape.required ?? []) {
    if (keyPlace(node, key) === undefined) reporter.error(node.place, "missing-key", `\`${key}\` is missing`);
  }
}

function checkList(
  shape: Shape,
  items: readonly Located[],
  place: RuleReference,
  reporter: Reporter,
  where: string,
): void {
  if (shape.minItems !== undefined && items.length < shape.minItems) {
    reporter.error(place, "invalid-value", `${subject(where)} must hold at least ${shape.minItems}`);
  }
  if (shape.maxItems !== undefined && items.length > shape.maxItems) {
    reporter.error(place, "too-large", `${subject(where)} must hold at most ${shape.maxItems}`);
    return;
  }
  if (!shape.items) return;
  for (const item of items) checkShape(shape.items, item, reporter, where);
}

function checkScalar(
  shape: Shape,
  value: string | number | boolean | null,
  place: RuleReference,
  reporter: Reporter,
  where: string,
): void {
  const wrong = (message: string, hint: string | null = null): void =>
    reporter.error(place, "invalid-value", `${subject(where)} ${message}`, hint);
  const allowed = shape.enum ?? (shape.const === undefined ? null : [shape.const]);
  if (allowed !== null) {
    if (!allowed.includes(value))
      wrong(`cannot be \`${shorten(String(value))}\``, suggest(String(value), allowed.map(String)));
    return;
  }
  if (typeof value === "string") {
    if (value.length < (shape.minLength ?? 0)) wrong("must not be empty");
    if (value.length > (shape.maxLength ?? Infinity)) wrong(`must be at most ${shape.maxLength ?? 0} characters`);
    if (shape.pattern !== undefined && !new RegExp(shape.pattern, "u").test(value)) {
      wrong(`cannot be \`${shorten(value)}\``, shape.description ?? `it must match \`${shape.pattern}\``);
    }
  }
  if (typeof value === "number") checkRange(shape, value, wrong);
}

function checkRange(shape: Shape, value: number, wrong: (message: string) => void): void {
  if (value < (shape.minimum ?? -Infinity)) wrong(`must be at least ${shape.minimum ?? 0}`);
  if (value > (shape.maximum ?? Infinity)) wrong(`must be at most ${shape.maximum ?? 0}`);
  if (value <= (shape.exclusiveMinimum ?? -Infinity)) wrong(`must be more than ${shape.exclusiveMinimum ?? 0}`);
  if (value >= (shape.exclusiveMaximum ?? Infinity)) wrong(`must be less than ${shape.exclusiveMaximum ?? 0}`);
}

function fitsKind(shape: Shape, node: Located): boolean {
  if (shape.anyOf) return shape.anyOf.some((option) => fitsKind(option, node));
  const types = typesOf(shape);
  if (types.length === 0) return true;
  if (node.kind === "map") return types.includes("object");
  if (node.kind === "list") return types.includes("array");
  const { value } = node;
  if (value === null) return types.includes("null");
  if (typeof value === "number") {
    return types.includes("number") || (types.includes("integer") && Number.isSafeInteger(value));
  }
  return types.includes(typeof value);
}

function typesOf(shape: Shape): readonly string[] {
  if (shape.type !== undefined) return typeof shape.type === "string" ? [shape.type] : shape.type;
  return shape.enum ? [...new Set(shape.enum.map((value) => typeof value))] : [];
}

const kindNames: Readonly<Record<string, string>> = {
  object: "a map",
  array: "a list",
  string: "a string",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
};

function describe(shape: Shape): string {
  if (shape.anyOf) return [...new Set(shape.anyOf.map(describe))].join(" or ");
  return typesOf(shape)
    .map((type) => kindNames[type] ?? type)
    .join(" or ");
}

function subject(where: string): string {
  return where === "" ? "the value" : `\`${where}\``;
}
