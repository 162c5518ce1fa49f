import canonicalizeValue from "canonicalize";
import { hash } from "node:crypto";
import type { Digest } from "./ids.ts";

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/**
 * The one byte form of a JSON value: RFC 8785 (JCS). Members that are `undefined` are left out.
 * Throws a TypeError on what JSON cannot hold (NaN, Infinity, bigint, functions, lone surrogates).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalizeValue(value);
  if (text === undefined) throw new TypeError("a value that JSON cannot hold has no canonical form");
  return text;
}

/** SHA-256 of bytes, or of the UTF-8 form of a string. */
export function digestBytes(bytes: string | Uint8Array): Digest {
  return `sha256:${hash("sha256", bytes, "hex")}` as Digest;
}

/** SHA-256 of the RFC 8785 form of a value. Equal values have equal digests whatever their key order. */
export function digestJson(value: unknown): Digest {
  return digestBytes(canonicalJson(value));
}
