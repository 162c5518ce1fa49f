import type { FixedPlace } from "../model/compiled.ts";
import type { NormalizedPhase } from "../model/normalized.ts";
import { compileGlobs } from "./globs.ts";
import { compilePatterns, pointerMatches, pointersOf, wholeFileMatch } from "./patterns.ts";
import { quote, quoteList } from "./quote.ts";

/** Which phases may change a file, and what phases before them fixed in it: for hints, never for a decision. */
export interface WhoMayChange {
  /** Where else a file may be changed, as a hint says it. */
  elsewhere(path: string, phase: string): string;
  /**
   * The phase to go back to for changing what a phase fixed, at these places or (null) in the whole file: that phase,
   * or the nearest before it that may write there. Null where there is none.
   */
  backTo(path: string, places: readonly string[] | null, fixedBy: string): string | null;
  /** The places of a file that earlier phases fixed for this one. */
  fixedPlaces(path: string, phase: string): readonly FixedPlace[];
}

/** What to do about something that no phase may change. */
export const askTheKeeper = "no phase may change it: ask who keeps the repository to change it in the base";

/** Reads the phases in their order: what one fixes when it is left is fixed for those behind it. */
export function whoMayChange(phases: readonly NormalizedPhase[]): WhoMayChange {
  const known = phases.map(({ id, write, freeze }) => ({
    id,
    allowed: compilePatterns(write.allowed),
    forbidden: compilePatterns(write.forbidden),
    fixed: compilePatterns(freeze?.paths ?? []),
    mayAdd: compileGlobs(freeze?.mayAdd ?? []),
  }));
  type Known = (typeof known)[number];
  const before = (phase: string): readonly Known[] =>
    known.slice(
      0,
      known.findIndex(({ id }) => id === phase),
    );

  function mayWrite({ id, allowed, forbidden }: Known, path: string, places: readonly string[] | null): boolean {
    if (wholeFileMatch(forbidden, path)) return false;
    if (before(id).some(({ fixed, mayAdd }) => wholeFileMatch(fixed, path) && !mayAdd(path))) return false;
    if (wholeFileMatch(allowed, path)) return true;
    const inside = pointersOf(pointerMatches(allowed, path));
    return places === null ? inside.length > 0 : inside.some((one) => places.some((other) => meet(one, other)));
  }

  function fixedPlaces(path: string, phase: string): readonly FixedPlace[] {
    return before(phase).flatMap(({ id, fixed }) =>
      pointersOf(pointerMatches(fixed, path)).map((place) => ({ phase: id, place })),
    );
  }

  return {
    fixedPlaces,
    elsewhere(path, phase) {
      const writers = known.filter((one) => one.id !== phase && mayWrite(one, path, null)).map(({ id }) => id);
      const [first] = writers;
      if (first === undefined) return "no phase may change it";
      return `change it in phase ${quoteList(writers, 3)}${describeFixed(fixedPlaces(path, first))}`;
    },
    backTo(path, places, fixedBy) {
      const until = [...before(fixedBy), ...known.filter(({ id }) => id === fixedBy)];
      return until.findLast((one) => mayWrite(one, path, places))?.id ?? null;
    },
  };
}

/** `, but for …`; empty where nothing in the file is fixed. */
export function describeFixed(places: readonly FixedPlace[]): string {
  const [first] = places;
  if (first === undefined) return "";
  const names = places.map(({ place }) => `#${place}`);
  return `, but for ${quoteList(names, 3)}, fixed since phase ${quote(first.phase)}`;
}

function meet(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}
