import { submittedArtifacts } from "./artifact-fields.ts";
import type { CheckDefinition } from "./definition.ts";
import { namedTestFiles } from "./named-tests.ts";
import { fail, listed, noParameters, pass } from "./outcome.ts";

export const testFilesFollowConvention: CheckDefinition = {
  name: "test_files_follow_convention",
  aliases: [],
  passesWhen: "files that an artifact or their own name calls tests match `workspace.test_patterns`",
  parameters: noParameters,
  needs: ["tree", "artifacts"],
  source: "tree",
  fields: ["test_files", "tests"],
  selfReportable: false,
  warningOnly: true,
  judge(input) {
    const difference = input.facts.tree?.differences[input.entryTree];
    if (!difference) return fail("the changes since the phase was entered were not read");
    const added = difference.changes.filter(({ kind }) => kind === "added").map(({ path }) => path);
    const claimed = [...namedTestFiles(submittedArtifacts(input)), ...added.filter(isCalledTest)];
    const odd = [...new Set(claimed)].filter((path) => !input.workflow.isTestFile(path));
    if (odd.length === 0) return pass();
    return fail(
      `test files outside \`workspace.test_patterns\`: ${listed(odd)}`,
      "rename them, or extend the patterns",
    );
  },
};

/** `userTest.java`, `check_spec.rb`: the last component of the path has `test` or `spec` as a word. */
function isCalledTest(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /(?:^|[._-])(?:tests?|specs?)(?:[._-]|$)/iu.test(name) || /[a-z](?:Tests?|Spec)(?:\.|$)/u.test(name);
}
