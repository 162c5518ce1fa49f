import { describe, expect, test } from "vitest";
import { changed, type CheckCase, judge } from "./testing/check-case.ts";
import { atRed, now, onBase, redAgain, redFile, redTest } from "./testing/run-case.ts";

const old = { "test/old.test.ts": { adds: "passed" } } as const;
const base = onBase(old);
const file = "test/new.test.ts";
const redIdentities = [redTest(file, "divides")];
const whole = [redFile(file)];
const paths = ["src/a.ts", "test/old.test.ts", file];

const green = ({ evidence, ...given }: Partial<CheckCase>) => {
  const runs = { redAgain: redAgain(evidence?.redIdentities ?? []), ...evidence };
  return judge("all_tests_pass", { changes: [], sinceBase: [changed(file)], paths, evidence: runs, ...given });
};
const current = now({ ...old, [file]: { divides: "passed", halves: "skipped" } });
const text = (after: string) => ({ contents: { [file]: { before: null, after } } });

describe("green passes, and tells who approves, when a test of a red file is skipped that", () => {
  test.each<[rule: string, given: Partial<CheckCase>]>([
    [
      "was skipped on the base",
      { evidence: { base: onBase({ ...old, [file]: { halves: "todo" } }), redIdentities, current } },
    ],
    [
      "its text skips for the platform, and was skipped when the file was red",
      {
        ...text('test("divides", run);\ntest("halves", { skip: process.platform === "linux" }, run);\n'),
        evidence: {
          base,
          redIdentities,
          redAgain: [atRed({ ...old, [file]: { divides: "failed", halves: "skipped" } })],
          current,
        },
      },
    ],
    [
      "the text of a file that did not load at red skips for the platform",
      {
        ...text('test("divides", run);\ntest("halves", { skip: process.platform === "linux" }, run);\n'),
        evidence: { base, redIdentities: whole, current },
      },
    ],
  ])("%s", (_, given) => {
    expect(green(given)).toMatchObject({
      passed: true,
      findings: expect.arrayContaining([
        {
          name: "skipped_tests",
          severity: "warning",
          message: "skipped in red files, on the base or for the platform: `test/new.test.ts > halves`",
          evidenceId: "evd_01",
        },
      ]) as unknown,
    });
  });
});

describe("green says of a test of a red file that was skipped on the base", () => {
  const before = 'test.skip("halves", () => half());\ntest.skip("halves and more", () => {});\n';
  const added = 'test("divides", run);\n';
  test.each([
    ["as information, where it is as it was", `${before}${added}`, "info", "as on the base"],
    ["so, where another changed", `${added}test.skip("halves", () => half());\n`, "info", "as on the base"],
    ["with a warning, where it says something else", before.replace("half()", "{}"), "warning", "on the base or for"],
  ])("%s", (_, after, severity, message) => {
    const runs = { base: onBase({ ...old, [file]: { halves: "todo" } }), redIdentities, current };
    const { findings = [] } = green({ contents: { [file]: { before, after } }, evidence: runs });
    expect(findings.filter(({ name }) => name === "skipped_tests")).toMatchObject([
      { severity, message: expect.stringMatching(new RegExp(`^skipped in red files, ${message}.*halves`)) as unknown },
    ]);
  });
});

describe("green is refused when a test of a red file is skipped that", () => {
  test.each<[rule: string, given: Partial<CheckCase>]>([
    [
      "was skipped when the file was red, which its text says of every platform",
      {
        ...text('test("divides", run);\ntest("halves", { skip: true }, run);\n'),
        evidence: {
          base,
          redIdentities,
          redAgain: [atRed({ ...old, [file]: { divides: "failed", halves: "skipped" } })],
          current,
        },
      },
    ],
    [
      "the text of a file that did not load at red skips for what the implementation may set",
      {
        ...text('test("divides", run);\ntest("halves", { skip: off }, run);\n'),
        evidence: { base, redIdentities: whole, current },
      },
    ],
    [
      "ran beside the red one when the file was red",
      {
        evidence: {
          base,
          redIdentities,
          redAgain: [atRed({ ...old, [file]: { divides: "failed", halves: "passed" } })],
          current,
        },
      },
    ],
    [
      "the text of a file that did not load at red does not skip, though another",
      {
        ...text('test("halves", run);\ntest("divides", { skip: true }, run);\n'),
        evidence: { base, redIdentities: whole, current },
      },
    ],
    [
      "the text of a file skips that loaded at red, where it ran",
      {
        ...text('test("halves", () => {\n  test.skip(isReady());\n});\n'),
        evidence: {
          base,
          redIdentities,
          redAgain: [atRed({ ...old, [file]: { divides: "failed", halves: "failed" } })],
          current,
        },
      },
    ],
    [
      "stands in it beside none that runs",
      {
        ...text('test("halves", { skip: true }, run);\n'),
        evidence: { base, redIdentities: whole, current: now({ ...old, [file]: { halves: "skipped" } }) },
      },
    ],
    [
      "was red, though the base skipped it",
      {
        evidence: {
          base: onBase({ ...old, [file]: { divides: "skipped" } }),
          redIdentities,
          current: now({ ...old, [file]: { divides: "skipped", other: "passed" } }),
        },
      },
    ],
    [
      "passed at an earlier gate, though the base skipped it",
      {
        evidence: {
          base: onBase({ ...old, [file]: { halves: "skipped" } }),
          redIdentities,
          passedEarlier: [`${file} > halves`],
          current,
        },
      },
    ],
  ])("%s", (_, given) => {
    const outcome = green(given);
    expect(outcome).toMatchObject({ passed: false });
    expect(outcome.passed || outcome.message).toMatch(
      /red test files hold skipped tests: `test\/new.test.ts > (?:halves|divides)`/u,
    );
  });
});

test("green is refused when a test is skipped of which a report that names files does not say where, unless the base has it", () => {
  const cases = { ...old, [file]: { divides: "passed" }, "": { unnamed: "todo" } } as const;
  const outcome = green({ evidence: { base, redIdentities, current: now(cases) } });
  expect(outcome.passed || outcome.message).toBe("red test files hold skipped tests: `unnamed`");
  const known = onBase({ ...old, "": { unnamed: "todo" } });
  expect(green({ evidence: { base: known, redIdentities, current: now(cases) } })).toMatchObject({ passed: true });
});

describe("red names what", () => {
  const red = (given: Partial<CheckCase>) =>
    judge("tests_are_failing", { phase: "TDD", changes: [changed(file, "added")], paths, ...given }).findings;

  test("is skipped in a new test file, to who approves", () => {
    const run = atRed({ ...old, [file]: { divides: "failed", halves: "skipped" } });
    const message = `skipped in the test files of this phase, so that they prove nothing here: \`${file} > halves\``;
    expect(red({ evidence: { base, red: run } })).toEqual([
      { name: "skipped_tests", severity: "warning", message, evidenceId: "evd_01" },
    ]);
  });

  test.each<[what: string, line: string]>([
    ["a skip in a file that does not load may leave out, without saying that it does", 'test.skip("halves", run);'],
    [
      "a condition in a file that does not load may leave out, without saying that it does",
      'test("halves", { skip: process.platform === "win32" }, run);',
    ],
    ["a call in a file that does not load may leave out, without saying that it does", "if (isWindows) t.skip();"],
  ])("%s", (_what, line) => {
    const given = text(`test("divides", run);\n${line}\n`);
    const message = `may leave tests out, in files that do not load yet, which only a run that loads them tells: \`${file}:2\``;
    expect(red({ ...given, evidence: { base, red: atRed({ ...old, [file]: "outside" }) } })).toEqual([
      { name: "skipped_tests", severity: "info", message, evidenceId: "evd_01" },
    ]);
  });

  test("was skipped on the base already is not named", () => {
    const run = atRed({ ...old, [file]: { divides: "failed", halves: "skipped" } });
    expect(red({ evidence: { base: onBase({ ...old, [file]: { halves: "skipped" } }), red: run } })).toEqual([]);
  });
});

test("red says of unchanged tests that a run did not come to, that it may have ended at its first failure", () => {
  const outcome = judge("tests_are_failing", {
    phase: "TDD",
    changes: [changed(file, "added")],
    paths,
    evidence: { base, red: atRed({ [file]: "outside" }) },
  });
  expect(outcome).toMatchObject({
    passed: false,
    message: "tests in unchanged files passed on the base and are not in this run: `test/old.test.ts > adds`",
    hint: expect.stringContaining("let it go on") as string,
  });
});

test("green says nothing of a test that its text could have skipped and that ran", () => {
  const outcome = green({
    ...text('test("divides", run);\ntest("halves", { skip: process.platform === "win32" }, run);\n'),
    evidence: { base, redIdentities: whole, current: now({ ...old, [file]: { divides: "passed", halves: "passed" } }) },
  });
  expect(outcome).toMatchObject({ passed: true });
  expect((outcome.findings ?? []).map(({ name }) => name)).not.toContain("skipped_tests");
});
