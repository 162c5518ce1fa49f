import type { Place } from "@phasegate/wire";
import { type ErrorObject, Ajv2020 } from "ajv/dist/2020.js";
import type { TSchema } from "typebox";
import { escapedComponent } from "../policy/pointers.ts";
import { countTextsCheaply } from "./text-length.ts";

/** At most this many places are named for one value: enough to repair it, bounded for hostile input. */
const maxPlaces = 50;

const ajv = countTextsCheaply(
  new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, ownProperties: true }),
);

/**
 * Compiles one of the product's own schemas to a function that names every place where a value does not fit:
 * JSON pointer and what was expected. No places means that it fits. Compile once, at load.
 */
export function compileSchema(schema: TSchema): (value: unknown) => readonly Place[] {
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? [] : describeErrors(validate.errors ?? []));
}

/** Turns Ajv's errors into places, deepest statement first and without the echoes of combining keywords. */
export function describeErrors(errors: readonly ErrorObject[]): readonly Place[] {
  const telling = errors.filter((error) => error.keyword !== "if" && error.keyword !== "propertyNames");
  return telling.slice(0, maxPlaces).map((error) => ({
    place: placeOf(error),
    message: messageOf(error),
  }));
}

function placeOf(error: ErrorObject): string {
  if (error.keyword !== "additionalProperties" && error.keyword !== "unevaluatedProperties") return error.instancePath;
  const name = String(error.params["additionalProperty"] ?? error.params["unevaluatedProperty"]);
  return `${error.instancePath}/${escapedComponent(name)}`;
}

function messageOf(error: ErrorObject): string {
  switch (error.keyword) {
    case "required":
      return `\`${String(error.params["missingProperty"])}\` is missing`;
    case "additionalProperties":
    case "unevaluatedProperties":
      return "unknown member";
    case "type":
      return `must be ${listTypes(error.params["type"])}`;
    case "enum":
      return `must be one of ${(error.params["allowedValues"] as (string | null)[]).map((value) => `\`${value}\``).join(", ")}`;
    case "const":
      return `must be \`${String(error.params["allowedValue"])}\``;
    default:
      return error.message ?? `does not satisfy \`${error.keyword}\``;
  }
}

function listTypes(type: unknown): string {
  return (Array.isArray(type) ? type : [type]).map((name) => `\`${String(name)}\``).join(" or ");
}
