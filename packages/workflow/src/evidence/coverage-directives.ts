import type { ContentPair } from "@phasegate/wire";

/**
 * Comments by which node, V8, Istanbul, coverage.py, LCOV and the like are told to leave lines out, and those that name a
 * source map: what it maps to nowhere is left out. The tools of JavaScript find their words behind others too (`utfc8`).
 */
const directive =
  /(?:node:coverage|c8|v8|istanbul)\s+(?:ignore|disable)\b|[#@]\s*sourceMappingURL=|\b(?:pragma[:\s]?\s*no\s*cover|LCOV_EXCL_(?:START|LINE)|coverage:ignore|nocov\b|exclude_coverage)|^TYPE_CHECKING\s*(?::[^=]+)?=(?!=)/;

/** Those words on lines of their own, as within one comment. */
const spread = /(?:node:coverage|c8|v8|istanbul)[^\S\n]*\n\s*(?:ignore|disable)\s+(?:next|start|file|if|else)\b/g;

/** Files that tell coverage.py what to leave out, and the sections and keys by which they do. */
const settings = /(?:^|\/)(?:pyproject\.toml|setup\.cfg|tox\.ini|\.coveragerc)$/;
const section = /^\[(.*)\]\s*(?:[#;].*)?$/;
const leaves = /^(?:exclude_\w+|omit)\s*=/;

/** Comments that end what such a one began. */
const ending = /\b(?:(?:node:coverage\s+enable|(?:c8|v8|istanbul)\s+ignore\s+(?:stop|end))\b|LCOV_EXCL_STOP)/;

/**
 * Numbers of the lines that hold a comment to leave lines out and did not before: as many of one text as were added,
 * those first that stand before another line than they did.
 */
export function newDirectives(path: string, texts: ContentPair | undefined): readonly number[] {
  const placesOf = settings.test(path) ? (text: string) => settingsOf(path, text) : commentsOf;
  const before = placesOf(texts?.before ?? "");
  const known = new Set(before.map(({ key }) => key));
  const added: number[] = [];
  for (const [text, places] of Map.groupBy(placesOf(texts?.after ?? ""), (place) => place.text)) {
    const excess = places.length - before.filter((place) => place.text === text).length;
    if (excess <= 0) continue;
    const sorted = [...places.filter(({ key }) => !known.has(key)), ...places.filter(({ key }) => known.has(key))];
    added.push(...sorted.slice(0, excess).map(({ line }) => line));
  }
  return added.toSorted((left, right) => left - right);
}

/** Lines of settings that leave something out: the key, and what its list goes on with. */
function settingsOf(path: string, text: string) {
  let [isCoverage, isList] = [path.endsWith(".coveragerc"), false];
  return text.split("\n").flatMap((raw, index) => {
    const line = raw.trim();
    const name = section.exec(line)?.[1];
    if (name !== undefined && !raw.startsWith(" ")) {
      isCoverage = path.endsWith(".coveragerc") || /^(?:tool\.coverage\.|coverage:)/.test(name);
      isList = false;
    }
    if (/^[\w.]+\s*=/.test(raw)) isList = leaves.test(line);
    const says = isCoverage && isList && !/^(?:[#;].*|[\]\s]*)$/.test(line);
    return says ? [{ text: line, line: index + 1, key: line }] : [];
  });
}

function commentsOf(text: string) {
  const lines = text.split("\n").map((line) => line.trim());
  const spreadLines = new Set([...text.matchAll(spread)].map(({ index }) => text.slice(0, index).split("\n").length));
  return lines.flatMap((line, index) =>
    (directive.test(line) && !ending.test(line)) || spreadLines.has(index + 1)
      ? [{ text: line, line: index + 1, key: `${line}\n${lines[index + 1] ?? ""}` }]
      : [],
  );
}
