import type { NormalizedPattern } from "../model/normalized.ts";
import { compileGlobs, type PathMatcher } from "./globs.ts";

/** A pattern ready to match, with its index in the list that it came from. */
export interface CompiledPattern {
  readonly index: number;
  readonly pointer: string | null;
  readonly text: string;
  readonly matches: PathMatcher;
}

export function compilePatterns(patterns: readonly NormalizedPattern[]): readonly CompiledPattern[] {
  return patterns.map((pattern, index) => ({
    index,
    pointer: pattern.pointer,
    text: patternText(pattern),
    matches: compileGlobs([pattern.glob]),
  }));
}

/** The pattern as people write it: `package.json#/scripts`. */
export function patternText(pattern: NormalizedPattern): string {
  return pattern.pointer === null ? pattern.glob : `${pattern.glob}#${pattern.pointer}`;
}

/** The first pattern that takes the whole file. */
export function wholeFileMatch(patterns: readonly CompiledPattern[], path: string): CompiledPattern | null {
  return patterns.find(({ pointer, matches }) => pointer === null && matches(path)) ?? null;
}

/** Patterns that take places inside the file. */
export function pointerMatches(patterns: readonly CompiledPattern[], path: string): readonly CompiledPattern[] {
  return patterns.filter(({ pointer, matches }) => pointer !== null && matches(path));
}

export function pointersOf(patterns: readonly CompiledPattern[]): readonly string[] {
  return patterns.flatMap(({ pointer }) => (pointer === null ? [] : [pointer]));
}
