import type { LineCoverage } from "@phasegate/wire";
import { quote } from "../policy/quote.ts";

const maxFiles = 3;
const maxRanges = 5;

/** The files with the most lines that no test executes, with those lines, for whoever is to test them; "" for none. */
export function leastCovered({ files }: LineCoverage): string {
  const found = Object.entries(files)
    .filter(([, { uncovered }]) => uncovered.length > 0)
    .toSorted(([, left], [, right]) => right.uncovered.length - left.uncovered.length);
  const shown = found.slice(0, maxFiles).map(([path, lines]) => `${quote(path)} ${linesOf(lines)}`);
  const more = found.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more files` : shown.join(", ");
}

function linesOf({ covered, uncovered }: LineCoverage["files"][string]): string {
  const ranges: { first: number; last: number }[] = [];
  let isOpen = false;
  const named = [...covered.map((line) => [line, true] as const), ...uncovered.map((line) => [line, false] as const)];
  for (const [line, isCovered] of named.toSorted(([left], [right]) => left - right)) {
    const range = ranges.at(-1);
    if (!isCovered && isOpen && range) range.last = line;
    else if (!isCovered) ranges.push({ first: line, last: line });
    isOpen = !isCovered;
  }
  const shown = ranges.slice(0, maxRanges).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return `(lines ${shown.join(", ")}${ranges.length > maxRanges ? ", ..." : ""})`;
}
