import { expect, test } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import {
  atRed,
  identityOf,
  now,
  onBase,
  redAgain,
  redFile,
  redTest,
  type RunFiles,
} from "../checks/testing/run-case.ts";

const tax = "test/tax.test.ts";
const base = onBase({ "test/old.test.ts": { adds: "passed" } });
const before = { ...redTest(tax, "taxes", "former"), phase: "TDD" };

function atRedGate(red: RunFiles, earlierReds = [before]): readonly string[] {
  const evidence = { base, red: atRed({ "test/old.test.ts": { adds: "passed" }, ...red }), earlierReds };
  const outcome = judge("tests_are_failing", { phase: "TDD", sinceBase: [changed(tax, "added")], evidence });
  expect(outcome.passed).toBe(true);
  return said(outcome);
}

function said({ findings = [] }: ReturnType<typeof judge>): readonly string[] {
  return findings.map(({ name, severity, message }) => `${name}, ${severity}: ${message}`);
}

const nameOf = (name: string) => `\`${identityOf(tax, name)}\``;
const rewritten = "rewritten_tests, warning: red in an earlier stay of `TDD`, and";

test("a red test of an earlier stay whose file was changed is named, though it is red again", () => {
  expect(atRedGate({ [tax]: { taxes: "failed" } })).toEqual([
    `${rewritten} in files that were changed since: ${nameOf("taxes")}`,
  ]);
});

test("one that is gone is named", () => {
  expect(atRedGate({ [tax]: { other: "failed" } })).toEqual([`${rewritten} gone now: ${nameOf("taxes")}`]);
  const deleted = { ...redFile("test/deleted.test.ts"), phase: "TDD" };
  expect(atRedGate({ [tax]: { other: "failed" } }, [deleted])).toEqual([
    `${rewritten} gone now: \`test/deleted.test.ts\``,
  ]);
});

test("one in the same file as before is no word", () => {
  const same = { ...redTest(tax, "taxes"), phase: "TDD" };
  expect(atRedGate({ [tax]: { taxes: "failed" } }, [same])).toEqual([]);
});

test("one that passes without the implementation, though its file is what it was, is named", () => {
  const red = { ...redTest(tax, "taxes"), phase: "TDD" };
  const helped = `${rewritten} passing without the implementation since what they use was changed:`;
  const run: RunFiles = { [tax]: { taxes: "passed", other: "failed" } };
  expect(atRedGate(run, [red])).toContain(`${helped} ${nameOf("taxes")}`);
});

test("what was written beside a red test, and a rework changed, is named; what was added since is not", () => {
  const red = { ...redTest(tax, "taxes"), phase: "TDD" };
  const rows = { ...redFile("test/rows.json", "former"), isStandIn: true as const, phase: "TDD" };
  const same = { ...redFile(tax), isStandIn: true as const, phase: "TDD" };
  const run: RunFiles = { [tax]: { taxes: "failed", other: "passed" } };
  const sinceBase = [changed(tax, "added"), changed("test/rows.json", "added"), changed("test/more.json", "added")];
  const evidence = {
    base,
    red: atRed({ "test/old.test.ts": { adds: "passed" }, ...run }),
    earlierReds: [red, rows, same],
  };
  const outcome = judge("tests_are_failing", { phase: "TDD", sinceBase, evidence });
  expect(said(outcome)).toEqual([`${rewritten} beside files that were changed since: \`test/rows.json\``]);
});

const text = 'import { tax } from "../src/tax.js";\ntest("taxes", () => expect(tax(10)).toBe(1));\n';
const stricter = text.replace("expect(tax(10)).toBe(1)", "{ expect(tax(10)).toBe(1); expect(tax(20)).toBe(2); }");

test.each<[what: string, after: string, runs: RunFiles[string], isKept: boolean]>([
  ["asserts more is told so", stricter, { taxes: "failed" }, true],
  ["has another beside it is told so", `${text}test("more", () => {});\n`, { taxes: "failed", more: "passed" }, true],
  ["passes now without the implementation is a warning", stricter, { taxes: "passed", more: "failed" }, false],
  ["asserts something else is a warning", text.replace("toBe(1)", "toBe(2)"), { taxes: "failed" }, false],
  ["asserts less is a warning", stricter.replace("expect(tax(10)).toBe(1);", ""), { taxes: "failed" }, false],
  ["has a hook beside it is a warning", `beforeEach(() => {});\n${text}`, { taxes: "failed" }, false],
])("a red test of an earlier stay that %s", (_, after, runs, isKept) => {
  const outcome = judge("tests_are_failing", {
    phase: "TDD",
    sinceBase: [changed(tax, "added")],
    contents: { [tax]: { before: null, after } },
    evidence: {
      base,
      red: atRed({ "test/old.test.ts": { adds: "passed" }, [tax]: runs }),
      earlierReds: [before],
      earlierTexts: { former: text },
    },
  });
  const info =
    "rewritten_tests, info: red in an earlier stay of `TDD`, and what their files held then stands there still";
  expect(said(outcome).filter((one) => one.includes("earlier stay"))).toEqual([
    isKept
      ? `${info}, with more: ${nameOf("taxes")}`
      : `${rewritten} in files that were changed since: ${nameOf("taxes")}`,
  ]);
});

test("the gate after it says so once more", () => {
  const reds = [redFile(tax)];
  const run = now({ "test/old.test.ts": { adds: "passed" }, [tax]: { taxes: "passed" } });
  const evidence = { base, redIdentities: reds, redAgain: redAgain(reds), current: run };
  const green = (earlier: typeof before) =>
    judge("all_tests_pass", { sinceBase: [changed(tax, "added")], evidence: { ...evidence, earlierReds: [earlier] } });
  expect(green(before).passed).toBe(true);
  expect(said(green(before))[0]).toBe(`${rewritten} in files that were changed since: ${nameOf("taxes")}`);
  expect(said(green({ ...redTest(tax, "taxes"), phase: "TDD" })).join()).not.toContain("rewritten_tests");
});
