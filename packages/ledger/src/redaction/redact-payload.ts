import type { JsonValue } from "@phasegate/wire";
import { redactText, secretMembers } from "./secret-shapes.ts";

const maxDepth = 32;
/** Characters beyond the bound that are searched, so that a secret across the cut is whole when it is looked for. */
const overlap = 16_384;
const leastBytes = 256;
/** Characters of a member's name. */
const maxNameLength = 128;

/**
 * A body fit to be kept: every known shape of a secret is replaced by a marker, long text is cut with a marker that
 * states its original length, and the canonical form takes at most `maxBytes` (256 at least) of UTF-8. Linear in the
 * size of the value. What does not look like a secret cannot be known to be one.
 */
export function redactPayload(value: unknown, options: { readonly maxBytes: number }): JsonValue {
  const limit = Math.max(options.maxBytes, leastBytes);
  return new Redaction(limit).value(value, { depth: 0, reserve: 0, secret: false });
}

const maxKnownNames = 1_000;

/** Room that each open list or object keeps for its closing marker. */
const markerBytes = 48;

interface Place {
  readonly depth: number;
  /** Bytes that the open lists and objects around keep for their closing markers. */
  readonly reserve: number;
  /** True below a member whose name says that it is a secret. */
  readonly secret: boolean;
}

/** One walk over a value. `#left` is what the bound still allows; what is written is counted as it is made. */
class Redaction {
  #left: number;
  /** Members have few names: each is looked at once. */
  readonly #names = new Map<string, { readonly shown: string; readonly bytes: number; readonly secret: boolean }>();

  constructor(limit: number) {
    this.#left = limit;
  }

  value(value: unknown, place: Place): JsonValue {
    if (typeof value === "string") return place.secret ? this.#spent("[redacted secret]") : this.#text(value, place);
    if (typeof value === "number") return this.#spent(Number.isFinite(value) ? value : null);
    if (typeof value === "boolean") return this.#spent(value);
    if (typeof value !== "object" || value === null) return this.#spent(null);
    if (place.depth >= maxDepth) return this.#spent(`[cut: nested deeper than ${maxDepth}]`);
    const inner = { ...place, depth: place.depth + 1, reserve: place.reserve + markerBytes };
    if (this.#left < inner.reserve + 2) return this.#spent("[cut]");
    this.#left -= 2;
    return Array.isArray(value) ? this.#list(value, inner) : this.#object(value, inner);
  }

  #list(items: readonly unknown[], place: Place): JsonValue {
    const kept: JsonValue[] = [];
    for (const [index, item] of items.entries()) {
      if (this.#left < place.reserve + markerBytes) {
        kept.push(this.#spent(`[cut: ${items.length - index} more items]`));
        break;
      }
      this.#left -= 1;
      kept.push(this.value(item, place));
    }
    return kept;
  }

  #object(object: object, place: Place): JsonValue {
    const kept: [string, JsonValue][] = [];
    const members = Object.entries(object).filter(([, value]) => value !== undefined);
    for (const [index, [name, value]] of members.entries()) {
      const { shown, bytes: nameBytes, secret: isSecret } = this.#nameOf(name);
      if (this.#left < place.reserve + markerBytes + nameBytes) {
        this.#left -= markerBytes;
        kept.push(["[cut]", `${members.length - index} more members`]);
        break;
      }
      this.#left -= nameBytes;
      kept.push([shown, this.value(value, { ...place, secret: place.secret || isSecret })]);
    }
    return Object.fromEntries(kept);
  }

  #nameOf(name: string): { readonly shown: string; readonly bytes: number; readonly secret: boolean } {
    const known = this.#names.get(name);
    if (known) return known;
    const shown = shownName(name);
    const secret = secretMembers.has(name.toLowerCase().replaceAll(/[_-]/g, ""));
    const read = { shown, bytes: sizeOf(shown) + 2, secret };
    if (this.#names.size < maxKnownNames) this.#names.set(name, read);
    return read;
  }

  #text(text: string, place: Place): string {
    const room = this.#left - place.reserve;
    const searched = text.slice(0, room + overlap);
    const redacted = redactText(searched.toWellFormed());
    if (searched.length === text.length && sizeOf(redacted) <= room) return this.#spent(redacted);
    const marker = `[cut: ${text.length} characters]`;
    return this.#spent(fitting(redacted, room - sizeOf(marker)) + marker);
  }

  #spent<Scalar extends JsonValue>(value: Scalar): Scalar {
    this.#left -= sizeOf(value);
    return value;
  }
}

/** Bytes of a scalar in canonical JSON. */
function sizeOf(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** A member's name with secrets replaced, cut to a length that leaves room for others. */
function shownName(name: string): string {
  const redacted = redactText(name.slice(0, maxNameLength + overlap).toWellFormed());
  return redacted.length <= maxNameLength ? redacted : `${redacted.slice(0, maxNameLength).toWellFormed()}[cut]`;
}

/** The longest beginning of a text whose JSON form takes at most `bytes`, quotes left out. */
function fitting(text: string, bytes: number): string {
  // Each character takes a byte at least; a pair may be parted there, and does not fit then.
  const searched = text.slice(0, Math.max(0, bytes) + 1).toWellFormed();
  let left = bytes;
  let end = 0;
  while (end < searched.length) {
    const code = searched.codePointAt(end) ?? 0;
    left -= bytesOf(code);
    if (left < 0) break;
    end += code > 0xffff ? 2 : 1;
  }
  return searched.slice(0, end);
}

/** Of a character in a JSON string. */
function bytesOf(code: number): number {
  if (code < 0x20) return "\b\t\n\f\r".includes(String.fromCharCode(code)) ? 2 : 6;
  if (code < 0x80) return code === 0x22 || code === 0x5c ? 2 : 1;
  if (code < 0x800) return 2;
  return code < 0x1_0000 ? 3 : 4;
}
