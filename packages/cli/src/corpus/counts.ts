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

export type ClassCounts = { readonly name: string } & Readonly<Record<(typeof countColumns)[number], number>>;

/** One row a letter, and their sum. What was refused in another way than its case says counts as through. */
export function countsByClass(results: readonly AttackResult[]): readonly ClassCounts[] {
  const tried = results.filter(({ outcome }) => outcome !== "beyond");
  const letters = [...new Set(tried.map(({ attack }) => attack.class.slice(0, 1)))].toSorted();
  const count = (name: string, letter: string): ClassCounts => {
    const row = tried.filter(({ attack }) => attack.class.startsWith(letter));
    const withOutcome = (...wanted: AttackResult["outcome"][]) =>
      row.filter(({ outcome }) => wanted.includes(outcome)).length;
    return {
      name,
      attempted: row.length,
      stopped: withOutcome("stopped"),
      detected: withOutcome("detected"),
      reported: withOutcome("reported"),
      through: withOutcome("through", "otherwise"),
    };
  };
  return [...letters.map((letter) => count(`${letter}  ${attackClasses[letter] ?? ""}`, letter)), count("all", "")];
}
