import { expect, test } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import { atRed, onBase, type RunFiles } from "../checks/testing/run-case.ts";

const [old, fresh] = ["test/old.test.ts", "test/new.test.ts"];
const base = onBase({ [old]: { adds: "passed", parses: "passed" } });

function findings(red: RunFiles, kind: "modified" | "deleted" = "modified", stoppedEarly = false) {
  const sinceBase = [changed(old, kind), changed(fresh, "added")];
  const contents = { [old]: { before: "f();\n", after: "f()\n" } };
  const evidence = { base, red: atRed(red, { stoppedEarly }) };
  const outcome = judge("tests_are_failing", { phase: "TDD", sinceBase, contents, evidence });
  expect(outcome.passed).toBe(true);
  return outcome.findings?.map(({ severity, message }) => `${severity}: ${message}`);
}

const said = (severity: string, now: number) => [
  `${severity}: test files of the base that were changed, and of which nothing is red: \`${old} (2 passed, ${String(now)} now)\``,
];

test("a test file of the base that changed and passes still is named with its tests", () => {
  const red = { [fresh]: { divides: "failed" } } as const;
  expect(findings({ ...red, [old]: { adds: "passed", parses: "passed" } })).toEqual(said("info", 2));
});

test("one in which fewer pass, or that is gone, is a warning", () => {
  const red = { [fresh]: { divides: "failed" } } as const;
  expect(findings({ ...red, [old]: { adds: "passed" } })).toEqual(said("warning", 1));
  expect(findings(red, "deleted")).toEqual(said("warning", 0));
});

test("one that moved as it was is not one in which fewer pass", () => {
  const [gone, place] = [changed(old, "deleted"), changed("test/older.test.ts", "added")];
  const moved = { ...place, after: gone.before };
  const red = { [fresh]: { divides: "failed" }, "test/older.test.ts": { adds: "passed", parses: "passed" } } as const;
  const outcome = judge("tests_are_failing", {
    phase: "TDD",
    sinceBase: [gone, moved, changed(fresh, "added")],
    contents: {},
    evidence: { base, red: atRed(red) },
  });
  expect(outcome.findings?.map(({ severity, message }) => `${severity}: ${message}`)).toEqual(said("info", 2));
});

test("a changed expectation that is red says nothing", () => {
  expect(findings({ [old]: { adds: "failed", parses: "passed" } })).toEqual([]);
});

test("one of which nothing ran, since another file stopped the run, has lost nothing", () => {
  const told = `${old} (2 passed, not run now, since the run stopped early)`;
  const message = `info: test files of the base that were changed, and of which nothing is red: \`${told}\``;
  expect(findings({ [fresh]: "outside" }, "modified", true)).toContain(message);
  expect(findings({ [fresh]: "outside", [old]: { adds: "passed" } }, "modified", true)).toEqual(
    expect.arrayContaining(said("warning", 1)),
  );
  expect(findings({ [fresh]: "outside" }, "deleted", true)).toEqual(expect.arrayContaining(said("warning", 0)));
});

test("a text that ran as a test of the base is named where it says something else and passes as before", () => {
  const doctest = "test/price.txt";
  const ofBase = onBase({ [doctest]: { "price.txt": "passed" } });
  const told = (outcome: "passed" | "failed") => {
    const contents = { [doctest]: { before: ">>> price(5)\n5\n", after: ">>> price = abs\n>>> price(5)\n5\n" } };
    const red = atRed({ [doctest]: { "price.txt": outcome }, [fresh]: { divides: "failed" } });
    const sinceBase = [changed(doctest, "modified"), changed(fresh, "added")];
    const { findings: found = [] } = judge("tests_are_failing", {
      phase: "TDD",
      sinceBase,
      contents,
      evidence: { base: ofBase, red },
    });
    return found.filter(({ severity }) => severity === "warning").map(({ message }) => message);
  };
  expect(told("passed")).toEqual([expect.stringContaining("test/price.txt > price.txt")]);
  expect(told("failed")).toEqual([]);
});
