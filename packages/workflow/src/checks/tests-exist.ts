import { submittedArtifacts } from "./artifact-fields.ts";
import type { CheckDefinition } from "./definition.ts";
import { isOfTests, namedTestFiles, whatTestsAre } from "./named-tests.ts";
import { fail, listed, noParameters, pass } from "./outcome.ts";

export const testsExist: CheckDefinition = {
  name: "tests_exist",
  aliases: [],
  passesWhen:
    "the test files that the artifacts name (`test_files`) are in the tree, and tests; where none are named, a test file was added or changed in this phase",
  parameters: noParameters,
  needs: ["tree", "artifacts"],
  source: "tree",
  fields: ["test_files", "tests", "tests_written"],
  selfReportable: false,
  warningOnly: false,
  judge(input) {
    const { tree } = input.facts;
    if (!tree) return fail("the tree was not read");
    const named = namedTestFiles(submittedArtifacts(input));
    const present = new Set(tree.paths);
    const missing = named.filter((path) => !present.has(path));
    if (missing.length > 0) {
      return fail(
        `named test files are not in the tree: ${listed(missing)}`,
        "write them, or name the files that are there",
      );
    }
    if (named.some((path) => isOfTests(input, path))) return pass();
    if (named.length > 0) return fail(`none of the named files is a test file: ${listed(named)}`, whatTestsAre);
    const changes = tree.differences[input.entryTree]?.changes ?? [];
    if (changes.some(({ kind, path }) => kind !== "deleted" && input.workflow.isTestFile(path))) return pass();
    return fail("no test file was named, added or changed", "write a test, or name the test files in `test_files`");
  },
};
