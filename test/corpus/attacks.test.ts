import { beforeAll, describe, expect, test } from "vitest";
import { type AttackCase, attemptAt, type Level, levels } from "../../packages/cli/src/corpus/corpus-file.ts";
import { loadAttacks } from "../../packages/cli/src/corpus/load-corpus.ts";
import { runCorpus, type CorpusReport } from "../../packages/cli/src/corpus/run-corpus.ts";
import { suiteShare } from "./suite-share.ts";

// An eighth of the cases against real servers at `sandboxed`; at `mediated` of these those that the sandbox has a part in.
// `npm run corpus` tries every case at both.
const all = loadAttacks();
const attacks = suiteShare(all);

/** Tokens, order, approvals and the guard itself are the same code at both levels. */
function isTriedHere(attack: AttackCase, level: Level): boolean {
  if (attemptAt(attack, level) === null) return false;
  return level === "sandboxed" || attack.atMediated !== null || attack.class.startsWith("A");
}

describe.each(levels)("%s", (level) => {
  const due = attacks.filter((attack) => isTriedHere(attack, level));
  let report: CorpusReport;
  beforeAll(async () => {
    report = await runCorpus({ env: process.env, attacks: due, benign: [], levels: [level] });
  }, 600_000);

  test.for(due)("$class $kind: $name", (attack, { skip }) => {
    skip(!report.levels.includes(level), `this machine does not give \`${level}\``);
    skip(
      report.skipped.some(({ name }) => name === attack.kind),
      `this machine lacks the toolchain of \`${attack.kind}\``,
    );
    const result = report.attacks.find((one) => one.attack === attack && one.level === level);
    expect(result).toMatchObject({ outcome: attemptAt(attack, level)?.outcome, seen: expect.any(String) });
  });
});

test.each(["A", "B", "C", "D", "E", "F", "G"])("class %s is tried in more than ten ways", (letter) => {
  expect(all.filter((attack) => attack.class.startsWith(letter)).length).toBeGreaterThan(10);
});
