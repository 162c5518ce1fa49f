import type { JsonObject, JsonValue } from "@phasegate/wire";
import { ToolRefusal } from "./outcome.ts";

/** Reads members of a call's arguments. The schema was checked before; what does not fit is refused all the same. */
export function stringArgument(args: JsonObject, name: string): string {
  const value = args[name];
  if (typeof value === "string") return value;
  throw wrong(name, "a string", value);
}

export function optionalStringArgument(args: JsonObject, name: string): string | null {
  return isAbsent(args[name]) ? null : stringArgument(args, name);
}

export function optionalBooleanArgument(args: JsonObject, name: string): boolean {
  const value = args[name];
  if (isAbsent(value)) return false;
  if (typeof value === "boolean") return value;
  throw wrong(name, "true or false", value);
}

export function optionalIntegerArgument(
  args: JsonObject,
  name: string,
  range: { minimum: number; maximum: number },
): number | null {
  const value = args[name];
  if (isAbsent(value)) return null;
  if (typeof value === "number" && Number.isInteger(value) && value >= range.minimum && value <= range.maximum) {
    return value;
  }
  throw wrong(name, `a whole number from ${String(range.minimum)} to ${String(range.maximum)}`, value);
}

function isAbsent(value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null;
}

function wrong(name: string, wanted: string, value: JsonValue | undefined): ToolRefusal {
  return new ToolRefusal(
    "invalid_request",
    `\`${name}\` must be ${wanted}, not \`${JSON.stringify(value) ?? "absent"}\``,
  );
}
