import type { AttackResult } from "./attempt.ts";

/** The letters of the list of known ways. */
export const attackClasses: Readonly<Record<string, string>> = {
  A: "round the tool matcher",
  B: "the guard itself",
  C: "forged evidence",
  D: "tokens and identity",
  E: "approvals and reviews",
  F: "order and concurrency",
  G: "load and input",
};

export const countColumns = ["attempted", "stopped", "detected", "reported", "through"] as const;

export type OutcomeCounts = Readonly<Record<(typeof countColumns)[number], number>>;
export type ClassCounts = { readonly name: string } & OutcomeCounts;

/** How many were tried, and what came of them. What was refused in another way than its case says counts as through. */
export function countsOf(results: readonly AttackResult[]): OutcomeCounts {
  const tried = results.filter(({ outcome }) => outcome !== "beyond");
  const withOutcome = (...wanted: AttackResult["outcome"][]) =>
    tried.filter(({ outcome }) => wanted.includes(outcome)).length;
  return {
    attempted: tried.length,
    stopped: withOutcome("stopped"),
    detected: withOutcome("detected"),
    reported: withOutcome("reported"),
    through: withOutcome("through", "otherwise"),
  };
}

/** One row a letter, and their sum. */
export function countsByClass(results: readonly AttackResult[]): readonly ClassCounts[] {
  const tried = results.filter(({ outcome }) => outcome !== "beyond");
  const letters = [...new Set(tried.map(({ attack }) => attack.class.slice(0, 1)))].toSorted();
  const rows = letters.map((letter) => ({
    name: `${letter}  ${attackClasses[letter] ?? ""}`,
    ...countsOf(tried.filter(({ attack }) => attack.class.startsWith(letter))),
  }));
  return [...rows, { name: "all", ...countsOf(tried) }];
}
