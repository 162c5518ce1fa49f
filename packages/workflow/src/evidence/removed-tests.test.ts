import { expect, it } from "vitest";
import { identityOf, onBase, redTest } from "../checks/testing/run-case.ts";
import { removedTestsHint } from "./removed-tests.ts";

const file = "test/old.test.ts";
const evidence = {
  base: onBase({ [file]: { adds: "passed", parses: "passed" } }),
  redIdentities: [redTest(file, "new")],
};
const adds = identityOf(file, "adds");
const hint = (removed_tests?: string[]) =>
  removedTestsHint({ evidence, ...(removed_tests && { artifacts: { removed_tests } }) }, [adds]);

it("shows how a missing test is written, for whoever wrote nothing", () => {
  expect(hint()).toBe(
    `a removed or renamed test needs its old identity in the artifact \`removed_tests\`, written as it is here: \`["${adds}"]\``,
  );
});

it("says that it was read, and which entries name no test that ran before", () => {
  expect(hint(["test.old.TestAdds.adds", adds, identityOf(file, "new")])).toMatch(
    /; it was read, and these of it name no test that ran before: `test\.old\.TestAdds\.adds`$/,
  );
});

it("says where the entries name other tests", () => {
  expect(hint([identityOf(file, "parses")])).toMatch(/; it was read, and names others$/);
});
