import { changedSinceFrozen } from "./changed-files.ts";
import type { CheckDefinition } from "./definition.ts";
import { fail, noParameters, pass } from "./outcome.ts";

export const implementationExists: CheckDefinition = {
  name: "implementation_exists",
  aliases: [],
  passesWhen:
    "at least one file that is no test was added or changed since the phase was entered or the tests were frozen",
  parameters: noParameters,
  needs: ["tree"],
  source: "tree",
  implemented: true,
  selfReportable: false,
  warningOnly: false,
  judge(input) {
    const changed = changedSinceFrozen(input);
    if (!changed) return fail("the changes since the phase was entered were not read");
    if (changed.some((path) => !input.workflow.isTestFile(path))) return pass();
    return fail("no file besides tests was added or changed", "write the implementation before leaving the phase");
  },
};
