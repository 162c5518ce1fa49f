/** The part of a unified difference that is about one file. */
export interface Section {
  readonly path: string;
  readonly text: string;
}

const head = "diff --git ";

/** The sections of what git printed, in its order. Lines of a file's content begin with a sign, a space or a backslash. */
export function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  for (let start = text.startsWith(head) ? 0 : -1; start !== -1;) {
    const next = text.indexOf(`\n${head}`, start);
    const end = next === -1 ? text.length : next + 1;
    const section = text.slice(start, end);
    sections.push({ path: pathOf(section.slice(head.length, lineEnd(section))), text: section });
    start = next === -1 ? -1 : end;
  }
  return sections;
}

export interface FairText {
  readonly text: string;
  /** Files of which something is left out. */
  readonly cutPaths: readonly string[];
}

/**
 * The sections in at most `maxBytes`, in their order. A long one is cut where it takes more than its share of the room,
 * so that it pushes no other out; a line with a backslash says so.
 */
export function fairText(sections: readonly Section[], maxBytes: number): FairText {
  const sizes = new Map(sections.map((section) => [section, Buffer.byteLength(section.text)]));
  const shares = new Map<Section, number>();
  let room = maxBytes;
  const ascending = sections.toSorted((one, other) => (sizes.get(one) ?? 0) - (sizes.get(other) ?? 0));
  for (const [index, section] of ascending.entries()) {
    const share = Math.min(sizes.get(section) ?? 0, Math.floor(room / (ascending.length - index)));
    shares.set(section, share);
    room -= share;
  }
  const cutPaths: string[] = [];
  const texts = sections.map((section) => {
    const share = shares.get(section) ?? 0;
    const size = sizes.get(section) ?? 0;
    if (share >= size) return section.text;
    cutPaths.push(section.path);
    return cutText(section.text, { size, share });
  });
  return { text: texts.join(""), cutPaths: [...new Set(cutPaths)] };
}

/** Nothing where not even the line that names the file has room. */
function cutText(text: string, { size, share }: { readonly size: number; readonly share: number }): string {
  const bytes = Buffer.from(text);
  const marker = (shown: number): string =>
    `\\ ${size - shown} of ${size} bytes of this file's difference are left out\n`;
  const room = share - Buffer.byteLength(marker(0)) - 1;
  if (room < lineEnd(text)) return "";
  const whole = bytes.lastIndexOf(10, room - 1) + 1;
  let end = whole > room / 2 ? whole : room;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const kept = bytes.subarray(0, end).toString("utf8");
  return `${kept}${kept.endsWith("\n") ? "" : "\n"}${marker(end)}`;
}

function lineEnd(text: string): number {
  const end = text.indexOf("\n");
  return end === -1 ? text.length : end;
}

/** Both names of a file in the head of its section are the same: `a/NAME b/NAME`, each in quotes where git escapes it. */
function pathOf(names: string): string {
  const name = names.slice(names.length - Math.floor(names.length / 2));
  return name.startsWith('"') ? unquoted(name.slice(1, -1)).slice(2) : name.slice(2);
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, "\\": 92 };

/** What git wrote as a string of the C language. */
function unquoted(text: string): string {
  const parts = text.match(/\\[0-7]{3}|\\.|[^\\]+/gsu) ?? [];
  return Buffer.concat(
    parts.map((part) => {
      if (!part.startsWith("\\")) return Buffer.from(part);
      return Buffer.from([part.length === 4 ? Number.parseInt(part.slice(1), 8) : (escapes[part.slice(1)] ?? 63)]);
    }),
  ).toString("utf8");
}
