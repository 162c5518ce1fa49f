import { isUtf8 } from "node:buffer";
import { PhasegateError } from "@phasegate/wire/core";

const maxDepth = 64;
/** Members and items: what is made of each, here and by rules, is made where every request is answered. */
const maxPieces = 50_000;
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];

/**
 * The JSON value of a request body. Refuses with `malformed_request` what is not UTF-8 or not JSON, is nested deeper
 * than 64, names a prototype member or one member twice, or holds text or numbers that canonical JSON cannot; with
 * `payload_too_large`, before it is parsed, what has more than 50,000 members and items.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed("the body is not UTF-8");
  const { commas, colons } = countPieces(bytes);
  if (commas >= maxPieces) {
    throw new PhasegateError("payload_too_large", `the body has more than ${maxPieces} members and items`, {
      hint: "send less of it, or write it to a file of the workspace",
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw malformed("the body is not JSON", error);
  }
  // Of members of one name the last would win here and perhaps the first elsewhere: two readers of one request.
  if (inspect(value, 1) !== colons) throw malformed("the body names a member twice");
  return value;
}

/** What stands outside of strings: a comma between two pieces, a colon in each member, of one that is named twice in both. */
function countPieces(json: Buffer): { readonly commas: number; readonly colons: number } {
  let commas = 0;
  let colons = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (isInString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) isInString = false;
    } else if (byte === quote) isInString = true;
    else if (byte === comma) commas += 1;
    else if (byte === colon) colons += 1;
  }
  return { commas, colons };
}

/** Answers how many members there are. */
function inspect(value: unknown, depth: number): number {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw malformed("the body holds half of a surrogate pair, which is no Unicode text");
    return 0;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw malformed("the body holds a number that is too large");
    return 0;
  }
  if (typeof value !== "object" || value === null) return 0;
  if (depth > maxDepth) throw malformed(`the body is nested deeper than ${maxDepth}`);
  if (Array.isArray(value)) {
    let inItems = 0;
    for (const item of value) inItems += inspect(item, depth + 1);
    return inItems;
  }
  const object = value as Record<string, unknown>;
  const names = Object.keys(object);
  let members = names.length;
  for (const name of names) {
    const member = object[name];
    if (name === "__proto__" || (name === "constructor" && isPrototypeCarrier(member))) {
      throw malformed(`the body names the member \`${name}\`, which no request has`);
    }
    if (!name.isWellFormed()) throw malformed("the body holds half of a surrogate pair, which is no Unicode text");
    members += inspect(member, depth + 1);
  }
  return members;
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
