import { distance } from "fastest-levenshtein";

/** The known name that is nearest to a mistyped one, or null when none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  const near = known
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.max(2, Math.floor(name.length / 3)))
    .sort((left, right) => left.edits - right.edits);
  return near[0]?.candidate ?? null;
}
