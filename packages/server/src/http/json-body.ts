import { isUtf8 } from "node:buffer";
import { PhasegateError } from "@phasegate/wire";

const maxDepth = 64;
/** Members and items: what is made of each, here and by rules, is made where every request is answered. */
const maxPieces = 50_000;

/**
 * The JSON value of a request body. Refuses with `malformed_request` what is not UTF-8 or not JSON, is nested deeper
 * than 64, names a prototype member or one member twice, or holds text or numbers that canonical JSON cannot; with
 * `payload_too_large`, before it is parsed, what has more than 50,000 members and items.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed("the body is not UTF-8");
  const text = bytes.toString("utf8");
  if (countOutsideStrings(text, ",") >= maxPieces) {
    throw new PhasegateError("payload_too_large", `the body has more than ${maxPieces} members and items`, {
      hint: "send less of it, or write it to a file of the workspace",
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed("the body is not JSON", error);
  }
  // Of members of one name the last would win here and perhaps the first elsewhere: two readers of one request.
  if (inspect(value, 1) !== countOutsideStrings(text, ":")) throw malformed("the body names a member twice");
  return value;
}

/** Of colons, the members that a JSON text names, one that it names twice as two. */
function countOutsideStrings(text: string, sign: ":" | ","): number {
  let count = 0;
  let from = 0;
  // Looked for once and kept, or a long list of texts would be searched through for each of them.
  let found = next(text, sign, 0);
  for (;;) {
    const quote = text.indexOf('"', from);
    const end = quote === -1 ? text.length : quote;
    if (found < from) found = next(text, sign, from);
    for (; found < end; found = next(text, sign, found + 1)) count += 1;
    if (quote === -1) return count;
    from = endOfString(text, quote + 1);
  }
}

function next(text: string, sign: string, from: number): number {
  const found = text.indexOf(sign, from);
  return found === -1 ? Infinity : found;
}

/** Where a string ends, past its quote or with the text; a quote behind an odd number of backslashes is within it. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
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
