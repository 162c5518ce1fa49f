import type { TreeChange } from "@phasegate/wire";
import { Type } from "typebox";
import type { CheckDefinition, CheckInput, CheckOutcome } from "./definition.ts";
import { fail, listed, pass } from "./outcome.ts";

export const testsUnchangedSince: CheckDefinition = {
  name: "tests_unchanged_since",
  aliases: [],
  passesWhen:
    "paths that earlier phases froze are byte-identical; where nothing is frozen, no test file changed in this phase",
  parameters: Type.Object(
    {
      phase: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: "only what this phase froze; default: all freezes" }),
      ),
    },
    { additionalProperties: false },
  ),
  needs: ["tree"],
  source: "tree",
  selfReportable: false,
  warningOnly: false,
  judge(input) {
    const since = input.parameters["phase"];
    const freezes = input.freezes.filter(({ phase }) => since === undefined || phase === since);
    if (!input.facts.tree) return fail("the tree was not read");
    if (freezes.length === 0) return judgeTestFiles(input);
    for (const freeze of freezes) {
      const outcome = judgeFreeze(input, freeze);
      if (!outcome.passed) return outcome;
    }
    return pass();
  },
};

function judgeFreeze(input: CheckInput, freeze: CheckInput["freezes"][number]): CheckOutcome {
  const difference = input.facts.tree?.differences[freeze.tree];
  const compiled = input.workflow.phases.get(freeze.phase)?.freeze;
  if (!difference || !compiled) return fail(`the changes since phase \`${freeze.phase}\` were not read`);
  const denials = compiled.judgeChanges(difference.changes, difference.contents);
  if (denials.length === 0) return pass();
  return fail(
    `what phase \`${freeze.phase}\` froze has changed: ${listed(denials.map(({ path }) => path))}`,
    denials[0]?.reason.hint ?? `put it back, or go back to \`${freeze.phase}\` by its rework transition`,
  );
}

/** Without a freeze the tree at entry to this phase is what the tests were when the phase before was judged. */
function judgeTestFiles({ workflow, facts, entryTree, phase }: CheckInput): CheckOutcome {
  const difference = facts.tree?.differences[entryTree];
  if (!difference) return fail("the changes since the phase was entered were not read");
  const changed = difference.changes.filter(({ path }: TreeChange) => workflow.isTestFile(path));
  if (changed.length === 0) return pass();
  return fail(
    `test files changed in phase \`${phase}\`: ${listed(changed.map(({ path }) => path))}`,
    "put them back with `restore_files`",
  );
}
