import { describe, expect, test } from "vitest";
import { findReportFormat } from "./registry.ts";
import { ReportError, type ReportContext } from "./report-format.ts";

const context: ReportContext = {
  workspace: "/workspace",
  cwd: "",
  exitCode: 0,
  output: "",
  isFile: () => false,
};

function outcomes(text: string, format = "tap"): readonly string[] | undefined {
  const report = findReportFormat(format)?.parse(text, context);
  return report?.cases.map(({ identity, outcome }) => `${identity}: ${outcome}`);
}

describe("several streams behind each other are all read, each against its own plan", () => {
  const all = ["a: passed", "b: passed", "z: failed"];
  test.each<[how: string, text: string]>([
    ["with the plans last", "ok 1 - a\n1..1\nok 1 - b\nnot ok 2 - z\n1..2\n"],
    ["with the plans first", "1..1\nok 1 - a\n1..2\nok 1 - b\nnot ok 2 - z\n"],
    ["with versions", "TAP version 13\n1..1\nok 1 - a\nTAP version 13\nok 1 - b\nnot ok 2 - z\n1..2\n"],
    ["with a plan first and then one last", "1..1\nok 1 - a\nok 1 - b\nnot ok 2 - z\n1..2\n"],
    ["with totals behind the plans", "ok 1 - a\n1..1\n# pass 1\n# fail 0\n\nok 1 - b\nnot ok 2 - z\n1..2\n# fail 1\n"],
    ["behind one that holds nothing", "1..0 # SKIP no network\nok 1 - a\n1..1\nok 1 - b\nnot ok 2 - z\n1..2\n"],
  ])("%s", (_how, text) => {
    expect(outcomes(text)).toEqual(all);
  });

  test("and prose behind the last plan is nobody's result", () => {
    expect(outcomes("> test\n\nok 1 - a\n1..1\nok\nok, all done\ndone: 1 not ok\n")).toEqual(["a: passed"]);
  });

  test("and equal names of theirs are told apart", () => {
    expect(outcomes("ok 1 - a\n1..1\nok 1 - a\n1..1\n")).toEqual(["a: passed", "a > #2: passed"]);
  });
});

describe("results that no plan accounts for are refused, with what to do", () => {
  test.each<[what: string, text: string]>([
    ["a failure behind a plan", "ok 1 - a\n1..1\nnot ok 2 - z\n"],
    ["a result behind a plan", "ok 1 - a\n1..1\nok 2 - b\n"],
    ["a first stream that is cut off", "1..3\nok 1 - a\n1..1\nok 1 - b\n"],
    ["a second stream that is cut off", "ok 1 - a\n1..1\n1..3\nok 1 - b\n"],
    [
      "a failure behind the plan of a subtest",
      "# Subtest: s\n    ok 1 - a\n    1..1\n    not ok 2 - z\nok 1 - s\n1..1\n",
    ],
  ])("%s", (_what, text) => {
    expect(() => outcomes(text)).toThrow(ReportError);
    expect(() => outcomes(text)).toThrow("end each stream by a plan of its own");
  });

  test("failures that one stream counts and does not name, though another names some", () => {
    expect(() => outcomes("ok 1 - a\n1..1\n# fail 1\nnot ok 1 - z\n1..1\n# fail 1\n")).toThrow(ReportError);
  });
});

test("a failure that node:test expected is a todo", () => {
  expect(outcomes("ok 1 - a # EXPECTED FAILURE soon\nok 2 - b\nnot ok 3 - c # EXPECTED FAILURE\n1..3\n")).toEqual([
    "a: todo",
    "b: passed",
    "c: failed",
  ]);
});

describe("of several JUnit documents in one file", () => {
  const document = (name: string) =>
    `<?xml version="1.0"?>\n<testsuites><testsuite name="s"><testcase name="${name}"/></testsuite></testsuites>\n`;

  test.each<[what: string, text: string]>([
    ["a second document behind the first is refused", document("a") + document("b")],
    ["a lone test behind the first is refused", `${document("a")}<testcase name="b"/>`],
    ["text behind the first is refused", `${document("a")}not ok`],
    ["quoted text behind the first is refused", `${document("a")}<![CDATA[not ok]]>`],
  ])("%s", (_what, text) => {
    expect(() => outcomes(text, "junit")).toThrow(ReportError);
  });

  test.each<[what: string, text: string, all: readonly string[]]>([
    ["a comment", `${document("a")}<!-- tests 1 -->\n`, ["s > a: passed"]],
    ["a second suite", `${document("a")}<testsuite name="t" tests="0"/>`, ["s > a: passed"]],
  ])("%s behind the first is read", (_what, text, all) => {
    expect(outcomes(text, "junit")).toEqual(all);
  });
});
