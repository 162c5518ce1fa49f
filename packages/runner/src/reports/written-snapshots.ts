/** How test runners say that they stored what was compared with nothing. */
const written: readonly RegExp[] = [
  // vitest: `  Snapshots  2 written`, and `   › 2 written` where more was done
  /^ *Snapshots {2,}(?:.*\| )?(\d+) written\b/gm,
  // jest: `Snapshots:   1 failed, 2 written, 3 total`
  /^Snapshots: +(?:.*, )?(\d+) written\b/gm,
  // jest: ` › 2 snapshots written.`
  /^ *› (\d+) snapshots? written\b/gm,
  // the JSON of jest and vitest, where it is printed
  /"snapshot":\s*\{\s*"added":\s*(\d+)\b/g,
  // syrupy: `2 snapshots generated.`
  /^(?:.*\. )?(\d+) snapshots? generated\b/gm,
];

/** Snapshots that a run wrote as its runner printed it, the most that any line tells; 0 where none does. */
export function writtenSnapshots(output: string): number {
  const counts = written.flatMap((kind) => [...output.matchAll(kind)].map((match) => Number(match[1])));
  return counts.reduce((most, count) => Math.max(most, count), 0);
}
