import { expect, it } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import { identityOf, now, onBase, redTest } from "../checks/testing/run-case.ts";
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

it("writes out whole a name that ends with brackets of its own", () => {
  const named = identityOf(file, "total [with discount]");
  const both = { base: onBase({ [file]: { total: "passed", "total [with discount]": "passed" } }) };
  expect(removedTestsHint({ evidence: both }, [named])).toMatch(
    /: `\["test\/old\.test\.ts > total \[with discount\]"\]`$/,
  );
});

it("writes out the whole artifact where it names others already, which the next one replaces", () => {
  const parses = identityOf(file, "parses");
  expect(hint([parses])).toMatch(
    / here: `\["test\/old\.test\.ts > parses","test\/old\.test\.ts > adds"\]`; it was read, and lacks some of these$/,
  );
  expect(hint(["unheard of", parses])).toContain(`: \`${JSON.stringify([parses, adds])}\``);
});

it("writes out one list where the base's tests are asked for beside it", () => {
  const both = (name: string, beside: string) =>
    judge(name, {
      changes: [],
      sinceBase: [changed(file), changed("src/sum.ts")],
      paths: [file],
      beside: [beside],
      evidence: {
        ...evidence,
        redIdentities: [],
        current: now({ [file]: { parses: "passed" } }),
        baseTests: onBase({ [file]: { adds: "passed", parses: "failed" } }),
      },
    });
  expect(both("base_tests_pass", "all_tests_pass")).toMatchObject({
    hint: expect.stringContaining(`: \`${JSON.stringify([identityOf(file, "parses"), adds])}\``) as string,
  });
  expect(both("all_tests_pass", "base_tests_pass")).toMatchObject({
    hint: expect.stringMatching(/> adds"\]`; `base_tests_pass` writes it out with its own$/) as string,
  });
});

it("writes out nothing that only did not run, since a file does not build or load", () => {
  const hintOf = (current: ReturnType<typeof now>) => {
    const outcome = judge("all_tests_pass", {
      changes: [],
      sinceBase: [changed(file)],
      paths: [file],
      evidence: { ...evidence, redIdentities: [], current },
    });
    return outcome.passed ? null : [outcome.message, outcome.hint];
  };
  expect(hintOf(now({ "test/new.test.ts": "in_test" }, { stoppedEarly: true }))).toEqual([
    "test files do not load, and did on the base or are new: `test/new.test.ts`; the test run stopped early, so that what other tests do is unknown; no test ran",
    "repair them; repair the build; `tests_were_run` tells why",
  ]);
  expect(hintOf(now({ [file]: "outside", "test/new.test.ts": { more: "passed" } }))).toEqual([
    `test files do not load, and did on the base or are new: \`${file}\``,
    "repair them",
  ]);
});

const many = "tests/test_many.py";
const rows = Object.fromEntries(Array.from({ length: 120 }, (_, row) => [`test_many[${String(row)}-[x]]`, "passed"]));
const kept = "tests/test_kept.py";
const base = onBase({ [many]: { ...rows, test_one: "passed" }, [kept]: { test_kept: "passed" } } as never);
const answer = (files: object, paths: readonly string[], removed?: readonly string[]) =>
  judge("all_tests_pass", {
    changes: [],
    sinceBase: [changed(many, paths.includes(many) ? "modified" : "deleted")],
    paths: [...paths, kept],
    ...(removed && { artifacts: { removed_tests: [...removed] } }),
    evidence: { base, redIdentities: [], current: now({ [kept]: { test_kept: "passed" }, ...files } as never) },
  });

it("writes out all that is missing, with one entry for a file that is gone and one for a test with parameters", () => {
  expect(answer({}, [])).toMatchObject({ hint: expect.stringContaining(`: \`["${many}"]\``) as string });
  expect(answer({ [many]: { test_one: "passed" } }, [many])).toMatchObject({
    hint: expect.stringContaining(`: \`["${many} > test_many"]\``) as string,
  });
  const some = { ...rows, "test_many[7-[x]]": undefined, "test_many[8-[x]]": undefined };
  const left = Object.fromEntries(Object.entries(some).filter(([, outcome]) => outcome !== undefined));
  expect(answer({ [many]: left }, [many])).toMatchObject({
    hint: expect.stringContaining(
      `: \`["${many} > test_many[7-[x]]","${many} > test_many[8-[x]]","${many} > test_one"]\``,
    ) as string,
  });
});

it("takes what it writes out", () => {
  expect(answer({}, [], [many])).toMatchObject({ passed: true });
  expect(answer({ [many]: { test_one: "passed" } }, [many], [`${many} > test_many`])).toMatchObject({ passed: true });
});

it("takes no file that is there, and no test for another whose name begins like it", () => {
  expect(answer({ [many]: { test_two: "passed" } }, [many], [many])).toMatchObject({ passed: false });
  expect(answer({ [many]: { test_one: "passed" } }, [many], [`${many} > test_man`])).toMatchObject({ passed: false });
});

it("counts what is past a thousand", () => {
  const names = Array.from({ length: 1_003 }, (_, number) => `t${String(number)}`);
  expect(removedTestsHint({}, names)).toMatch(/^.*"t999"\]` and 3 more$/);
});

it("says which went with their files as they were, and pass there", () => {
  const added = changed("test/new.test.ts", "added");
  const moved = { ...changed(file, "deleted"), before: added.after };
  const outcome = judge("all_tests_pass", {
    changes: [],
    sinceBase: [moved, added],
    paths: ["test/new.test.ts"],
    artifacts: { removed_tests: [file] },
    evidence: { base: evidence.base, current: now({ "test/new.test.ts": { adds: "passed", parses: "skipped" } }) },
  });
  expect(outcome.findings?.filter(({ name }) => name === "removed_tests")).toMatchObject([
    { severity: "warning", message: `passed before and are given up: \`${identityOf(file, "parses")}\`` },
    {
      severity: "warning",
      message: `moved, and pass there, by what is loaded and acts on them there: \`${adds} -> test/new.test.ts > adds\``,
    },
  ]);
});
