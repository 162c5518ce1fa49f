import { beforeAll, describe, expect, test } from "vitest";
import { attemptAt, levels } from "../../packages/cli/src/corpus/corpus-file.ts";
import { loadAttacks } from "../../packages/cli/src/corpus/load-corpus.ts";
import { runCorpus, type CorpusReport } from "../../packages/cli/src/corpus/run-corpus.ts";

// Every case against real servers, at each level that this machine gives.
const attacks = loadAttacks();
let report: CorpusReport;
beforeAll(async () => {
  report = await runCorpus({ env: process.env, attacks, benign: [] });
}, 600_000);

describe.each(levels)("%s", (level) => {
  const due = attacks.filter((attack) => attemptAt(attack, level) !== null);
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

test.each(["A", "C", "D", "E", "F"])("class %s is tried in more than ten ways", (letter) => {
  expect(attacks.filter((attack) => attack.class.startsWith(letter)).length).toBeGreaterThan(10);
});
