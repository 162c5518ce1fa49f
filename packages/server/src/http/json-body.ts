import { isUtf8 } from "node:buffer";
import { PhasegateError } from "@phasegate/wire";

const maxDepth = 64;

/**
 * The JSON value of a request body. Refuses with `malformed_request` what is not UTF-8 or not JSON, is nested deeper
 * than 64, names a prototype member, or holds text or numbers that canonical JSON cannot.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed("the body is not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw malformed("the body is not JSON", error);
  }
  inspect(value, 1);
  return value;
}

function inspect(value: unknown, depth: number): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw malformed("the body holds half of a surrogate pair, which is no Unicode text");
    return;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw malformed("the body holds a number that is too large");
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (depth > maxDepth) throw malformed(`the body is nested deeper than ${maxDepth}`);
  if (Array.isArray(value)) {
    for (const item of value) inspect(item, depth + 1);
    return;
  }
  const object = value as Record<string, unknown>;
  for (const name of Object.keys(object)) {
    const member = object[name];
    if (name === "__proto__" || (name === "constructor" && isPrototypeCarrier(member))) {
      throw malformed(`the body names the member \`${name}\`, which no request has`);
    }
    if (!name.isWellFormed()) throw malformed("the body holds half of a surrogate pair, which is no Unicode text");
    inspect(member, depth + 1);
  }
}

function isPrototypeCarrier(member: unknown): boolean {
  return typeof member === "object" && member !== null && Object.hasOwn(member, "prototype");
}

function malformed(message: string, cause?: unknown): PhasegateError {
  return new PhasegateError(
    "malformed_request",
    message,
    { hint: "send one JSON object in UTF-8" },
    cause === undefined ? undefined : { cause },
  );
}
