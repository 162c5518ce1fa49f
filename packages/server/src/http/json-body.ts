import { isUtf8 } from "node:buffer";
import { PhasegateError } from "@phasegate/wire";

const maxDepth = 64;

/**
 * The JSON value of a request body. Refuses with `malformed_request` what is not UTF-8 or not JSON, is nested deeper
 * than 64, names a prototype member or one member twice, or holds text or numbers that canonical JSON cannot.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed("the body is not UTF-8");
  const text = bytes.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed("the body is not JSON", error);
  }
  // Of members of one name the last would win here and perhaps the first elsewhere: two readers of one request.
  if (inspect(value, 1) !== countMembers(text)) throw malformed("the body names a member twice");
  return value;
}

/** Members that a JSON text names, one that it names twice as two: its colons outside strings. */
function countMembers(text: string): number {
  let members = 0;
  let from = 0;
  // Looked for once and kept, or a long list of texts would be searched through for each of them.
  let colon = next(text, 0);
  for (;;) {
    const quote = text.indexOf('"', from);
    const end = quote === -1 ? text.length : quote;
    if (colon < from) colon = next(text, from);
    for (; colon < end; colon = next(text, colon + 1)) members += 1;
    if (quote === -1) return members;
    from = endOfString(text, quote + 1);
  }
}

function next(text: string, from: number): number {
  const found = text.indexOf(":", from);
  return found === -1 ? Infinity : found;
}

/** Where a string ends, past its quote; a quote behind an odd number of backslashes is within it. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); ; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
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
