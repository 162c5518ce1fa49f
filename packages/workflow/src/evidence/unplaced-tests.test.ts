import type { RedIdentity, TestOutcome } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { baseTree, changed, judge } from "../checks/testing/check-case.ts";
import { atRed, now, onBase, redAgain, redFile, redTree, redTest, type RunFiles } from "../checks/testing/run-case.ts";
import { redIdentitiesOf } from "./red.ts";
import { placesOf } from "./unplaced-tests.ts";

const base = onBase({ "": { one: "passed", two: "passed" } });
const reds = [{ ...redTest("", "ten"), content: null }].map((red) => ({ ...red, file: null }));
const shell = '#!/bin/sh\nif [ "$(price 1)" = 1 ]; then echo "ok 1 - one"; fi\necho "ok 2 - two"\n';
const fresh = '#!/bin/sh\nif [ "$(price 10)" = 8 ]; then echo "ok 1 - ten"; fi\n';

interface Given {
  readonly gate?: "red" | "green";
  readonly run: Readonly<Record<string, TestOutcome>>;
  readonly again?: Readonly<Record<string, TestOutcome>>;
  /** Test files as they are now, new or of the base. */
  readonly files?: Readonly<Record<string, { readonly before: string | null; readonly after: string | null }>>;
  readonly earlierReds?: readonly (RedIdentity & { readonly phase: string })[];
}

/** Of a task whose report names no file. */
function judged({ gate = "green", run, again, files = {}, earlierReds = [] }: Given) {
  const contents = { "test/new.t": { before: null, after: fresh }, ...files };
  const sinceBase = Object.entries(contents).map(([path, { before, after }]) =>
    changed(path, before === null ? "added" : after === null ? "deleted" : "modified"),
  );
  const all: RunFiles = { "": { one: "passed", two: "passed", ...run } };
  const evidence =
    gate === "red"
      ? { base, red: atRed(all), earlierReds }
      : {
          base,
          current: now(all),
          redIdentities: reds,
          redAgain: again === undefined ? redAgain(reds) : [atRed({ "": { ten: "failed", ...again } })],
          earlierReds,
        };
  return judge(gate === "red" ? "tests_are_failing" : "all_tests_pass", {
    ...(gate === "red" ? { phase: "TDD" as const } : {}),
    changes: [],
    sinceBase,
    contents,
    evidence,
  });
}

function told(given: Given): readonly string[] {
  return (judged(given).findings ?? []).map(({ name, severity, message }) => `${name}, ${severity}: ${message}`);
}

describe("where the report names no file", () => {
  test.each(["red", "green"] as const)("a task that adds test files has nothing told at %s", (gate) => {
    expect(told({ gate, run: { ten: gate === "red" ? "failed" : "passed" } })).toEqual([]);
  });

  test("a changed test file of the base in which nothing is known to be red is named at red", () => {
    const rewritten = {
      before: shell,
      after: shell.replace('if [ "$(price 1)" = 1 ]; then echo "ok 1 - one"; fi', ":"),
    };
    expect(told({ gate: "red", run: { ten: "failed" }, files: { "test/old.t": rewritten } })).toEqual([
      "rewritten_tests, info: test files of the base that were changed, and of which nothing is red: `test/old.t (not told how many passed)`",
      "rewritten_tests, warning: changed beside tests of the base, which may rest on it: `test/old.t`",
    ]);
  });

  test("a test file of the base that holds the red test, and a plan of one more, says nothing", () => {
    const before = `echo 1..2\n${shell}`;
    const after = `echo 1..3\n${shell}if [ "$(price 10)" = 8 ]; then echo "ok 3 - ten"; fi\n`;
    expect(told({ gate: "red", run: { ten: "failed" }, files: { "test/more.t": { before, after } } })).toEqual([]);
  });

  test("a file that is no test by its name is compared where it has no ending", () => {
    const files = { "test/prices": { before: shell, after: "echo ok 1 - one\n" } };
    expect(told({ run: { ten: "passed" }, files }).join()).toContain("may rest on it: `test/prices`");
    const spaced = { "test/rates": { before: shell, after: shell.replace("; then", " ;  then") } };
    expect(told({ run: { ten: "passed" }, files: spaced }).join()).not.toContain("may rest on it");
  });

  test.each(["red", "green"] as const)("a test file that a rework changed is named at %s", (gate) => {
    const standIn = { identity: "test/new.t", file: "test/new.t", wholeFile: true, content: "former", tree: redTree };
    const earlierReds = [...reds, { ...standIn, isStandIn: true as const }].map((red) => ({ ...red, phase: "TDD" }));
    const given = { gate, run: { ten: gate === "red" ? "failed" : "passed" } } as const;
    expect(told({ ...given, earlierReds })).toEqual([
      "rewritten_tests, warning: red in an earlier stay of `TDD`, and in files that were changed since: `test/new.t`",
    ]);
    expect(told({ ...given, earlierReds: earlierReds.map((red) => ({ ...red, content: "11" })) })).toEqual([]);
  });

  test("a new skip is told at red", () => {
    expect(told({ gate: "red", run: { ten: "failed", twenty: "skipped" } })).toEqual([
      "skipped_tests, warning: skipped in the test files of this phase, so that they prove nothing here: `twenty`",
    ]);
  });
});

describe("a skipped test without a file", () => {
  const skipping = (line: string) => ({ "test/new.t": { before: null, after: `${fresh}${line}\n` } });
  const skipped = { run: { ten: "passed", twenty: "skipped" }, again: { twenty: "skipped" } } as const;

  test.each([
    ["stands in a red file", skipping('echo "ok 2 - twenty # SKIP"')],
    ["stands nowhere by its name", {}],
    [
      "is skipped by more than the platform",
      skipping('if [ "$(uname)" = Linux ] && [ -f src/x ]; then\n  echo "ok 2 - twenty # SKIP"\nfi'),
    ],
  ])("blocks green where it %s", (_, files) => {
    expect(judged({ ...skipped, files })).toMatchObject({
      passed: false,
      message: "red test files hold skipped tests: `twenty`",
    });
  });

  test.each([
    ["stands in another file", { "test/more.t": { before: null, after: 'echo "ok 1 - twenty # SKIP no database"\n' } }],
    [
      "is skipped for the platform",
      skipping('if [ "$(uname)" != Darwin ]; then\n  echo "ok 2 - twenty # SKIP on macOS only"\nfi'),
    ],
    [
      "is skipped for the platform in Java",
      { "test/NewTest.java": { before: null, after: "@EnabledOnOs(OS.WINDOWS)\nvoid twenty() {}\n// ten\n" } },
    ],
    [
      "is skipped for the platform in Go",
      {
        "test/new_test.go": {
          before: null,
          after: 'func twenty(t *testing.T) {\n\tif runtime.GOOS != "windows" {\n\t\tt.Skip("x")\n\t}\n}\n// ten\n',
        },
      },
    ],
  ])("does not where it %s", (_, files) => {
    expect(judged({ ...skipped, files })).toMatchObject({ passed: true });
  });

  test("was skipped on the base", () => {
    expect(
      judge("all_tests_pass", {
        changes: [],
        sinceBase: [changed("test/new.t", "added")],
        contents: {},
        evidence: {
          base: onBase({ "": { one: "passed", old: "skipped" } }),
          current: now({ "": { one: "passed", old: "skipped", ten: "passed" } }),
          redIdentities: reds,
          redAgain: redAgain(reds),
        },
      }),
    ).toMatchObject({ passed: true, findings: [] });
  });
});

test("a test is placed by its suites, or else by its name in the text", () => {
  const files = [
    { path: "src/test/shop/DiscountTest.java", text: "void twenty() {}" },
    { path: "t/price.t", text: 'echo "ok 1 - one"' },
  ];
  expect(placesOf("shop.DiscountTest > other", files)).toEqual(["src/test/shop/DiscountTest.java"]);
  expect(placesOf("t/price.t > other", files)).toEqual(["t/price.t"]);
  expect(placesOf("one", files)).toEqual(["t/price.t"]);
  expect(placesOf("twenty[2]", files)).toEqual(["src/test/shop/DiscountTest.java"]);
  expect(placesOf("someone", files)).toEqual([]);
});

test("what is red without a file is kept with the test files that changed", () => {
  const facts = {
    evidence: { base, red: atRed({ "": { one: "passed", two: "passed", ten: "failed" } }) },
    tree: {
      digest: redTree,
      unsupported: [],
      litter: [],
      paths: [],
      differences: {
        [baseTree]: {
          from: baseTree,
          changes: [changed("test/new.t", "added"), changed("test/old.t", "deleted"), changed("src/price.sh")],
          contents: {},
        },
      },
    },
  };
  const isTestFile = (path: string): boolean => path.startsWith("test/");
  const reds = redIdentitiesOf({ facts, baseTree, isTestFile, mayWrite: isTestFile });
  expect(reds).toEqual([
    { identity: "ten", file: null, wholeFile: false, content: null, tree: redTree },
    { ...redFile("test/new.t"), isStandIn: true },
  ]);
});
