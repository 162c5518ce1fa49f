import { changedSinceBase } from "./changed-files.ts";
import type { CheckDefinition } from "./definition.ts";
import { fail, noParameters, pass } from "./outcome.ts";

export const implementationExists: CheckDefinition = {
  name: "implementation_exists",
  aliases: [],
  passesWhen: "at least one file that is no test was added or changed since the base of the task",
  parameters: noParameters,
  needs: ["tree"],
  source: "tree",
  selfReportable: false,
  warningOnly: false,
  judge(input) {
    const changes = changedSinceBase(input);
    if (!changes) return fail("the changes since the base were not read");
    const written = changes.filter(({ kind }) => kind !== "deleted");
    if (written.some(({ path }) => !input.workflow.isTestFile(path))) return pass();
    return fail("no file besides tests was added or changed", "write the implementation before leaving the phase");
  },
};
