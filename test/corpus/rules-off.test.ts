import { expect, test } from "vitest";
import type { AttackCase } from "../../packages/cli/src/corpus/corpus-file.ts";
import { loadAttacks, loadBenign } from "../../packages/cli/src/corpus/load-corpus.ts";
import { failuresOf, runCorpus } from "../../packages/cli/src/corpus/run-corpus.ts";

// The corpus must fail where a rule is off: else it would show nothing.
const attacks = loadAttacks();
const benign = loadBenign();

interface Twin {
  readonly attack?: string;
  readonly sequence?: string;
  readonly kind?: string;
  /** The workflow with a rule off. */
  readonly change?: (workflow: string) => string;
  readonly also?: (attack: AttackCase) => AttackCase;
}

async function failuresWith({ attack, sequence, kind = "node", change, also }: Twin): Promise<readonly string[]> {
  const tried = attacks.filter((one) => one.kind === kind && one.name === attack).map((one) => also?.(one) ?? one);
  const played = benign.filter((one) => one.kind === kind && one.name === sequence);
  expect(tried.length + played.length).toBe(1);
  const report = await runCorpus({
    env: process.env,
    attacks: tried,
    benign: played,
    levels: ["mediated"],
    workflowOf: ({ workflow }) => {
      if (change === undefined) return workflow;
      const changed = change(workflow);
      expect(changed).not.toBe(workflow);
      return changed;
    },
  });
  return failuresOf(report);
}

test("tests that are not frozen let a test be weakened", async () => {
  const failures = await failuresWith({
    attack: "the frozen test skipped by a command",
    change: (text) =>
      text.replace("    freeze: [$tests, $rules]\n", "").replace("write: [$source]", "write: [$source, $tests]"),
  });
  expect(failures).toEqual([expect.stringMatching(/^through: C6 .*changed test\/round\.test\.js$/)]);
});

test("a permissive mode lets a source file be written in TDD", async () => {
  const failures = await failuresWith({
    attack: "echo with a redirection",
    change: (text) => `${text}enforcement: { mode: permissive }\n`,
  });
  expect(failures).toEqual([expect.stringMatching(/^through: A1 .*changed src\/parse\.js/)]);
});

test("a gate without red lets an empty test through", async () => {
  const failures = await failuresWith({
    attack: "a new test that passes at once",
    change: (text) => text.replace("    gate: red\n", ""),
  });
  expect(failures).toEqual([expect.stringMatching(/^through: C5 /)]);
});

test("without a sandbox a command reads the signing key", async () => {
  const failures = await failuresWith({
    attack: "read the key that signs tokens",
    also: (attack) => ({ ...attack, level: "mediated" }),
  });
  expect(failures).toEqual([expect.stringMatching(/^through: A13 .*PRIVATE KEY/)]);
});

test("an expected code that does not come is no success", async () => {
  const failures = await failuresWith({
    attack: "echo with a redirection",
    also: (attack) => ({
      ...attack,
      attack: attack.attack.map((step) => ({ ...step, expect: { code: "path_invalid" } })),
    }),
  });
  expect(failures).toEqual([expect.stringMatching(/^otherwise: A1 .*403 rolled_back; expected `path_invalid`$/)]);
});

test("a rule that is too narrow is a false block", async () => {
  const failures = await failuresWith({
    sequence: "a page looked over and counted",
    kind: "documentation",
    change: (text) => text.replace('"docs/**"', '"pages/**"'),
  });
  expect(failures).toEqual([expect.stringMatching(/^false block: .*path_not_allowed/)]);
});
