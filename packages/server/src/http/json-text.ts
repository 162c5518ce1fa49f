import type { Slices } from "@phasegate/ledger";

/** Pieces of about so many characters: a write of one is over at once, and there are few of them. */
const pieceLength = 32_768;
/** A list with more items has others served before it is begun. */
const fewItems = 100;

/**
 * What `JSON.stringify` makes of an answer, in UTF-8 and in pieces, without holding up other work: members that are lists
 * item by item. One text of a megabyte would be put together, encoded and written at a stroke.
 */
export async function jsonInSlices(body: unknown, slices: Slices): Promise<readonly Buffer[]> {
  const pieces = new Pieces();
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    pieces.add(JSON.stringify(body) ?? "");
    return pieces.end();
  }
  let separator = "{";
  for (const [name, value] of Object.entries(body)) {
    const text = Array.isArray(value) ? "" : JSON.stringify(value);
    if (text === undefined) continue;
    pieces.add(`${separator}${JSON.stringify(name)}:${text}`);
    separator = ",";
    if (Array.isArray(value)) await addList(pieces, value, slices);
  }
  pieces.add(separator === "{" ? "{}" : "}");
  return pieces.end();
}

/** The pieces one after the other, with the same regard for other work. */
export async function* inSlices(pieces: readonly Buffer[], slices: Slices): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    yield piece;
    if (slices.isSpent) await slices.next();
  }
}

async function addList(pieces: Pieces, items: readonly unknown[], slices: Slices): Promise<void> {
  if (items.length > fewItems) await slices.next();
  let separator = "[";
  for (const item of items) {
    pieces.add(separator);
    pieces.add(JSON.stringify(item) ?? "null");
    separator = ",";
    if (slices.isSpent) await slices.next();
  }
  pieces.add(items.length === 0 ? "[]" : "]");
}

class Pieces {
  readonly #whole: Buffer[] = [];
  #texts: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
    if (this.#length >= pieceLength) this.#encode();
  }

  end(): readonly Buffer[] {
    if (this.#length > 0) this.#encode();
    return this.#whole;
  }

  #encode(): void {
    this.#whole.push(Buffer.from(this.#texts.join("")));
    this.#texts = [];
    this.#length = 0;
  }
}
