import type { ContentPair } from "@phasegate/wire";

/** Comments by which node, V8, Istanbul, coverage.py, LCOV and the like are told to leave lines out. */
const directive =
  /\b(?:(?:node:coverage|c8|v8|istanbul)\s+(?:ignore|disable)\b|pragma:\s*no\s*cover|LCOV_EXCL_(?:START|LINE)|coverage:ignore|nocov\b|exclude_coverage)/;

/** Comments that end what such a one began. */
const ending = /\b(?:(?:node:coverage\s+enable|(?:c8|v8|istanbul)\s+ignore\s+(?:stop|end))\b|LCOV_EXCL_STOP)/;

/**
 * Numbers of the lines that hold a comment to leave lines out and did not before: as many of one text as were added,
 * those first that stand before another line than they did.
 */
export function newDirectives(texts: ContentPair | undefined): readonly number[] {
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

function placesOf(text: string) {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.flatMap((line, index) =>
    directive.test(line) && !ending.test(line)
      ? [{ text: line, line: index + 1, key: `${line}\n${lines[index + 1] ?? ""}` }]
      : [],
  );
}
