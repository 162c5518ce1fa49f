import { digestBytes, type EvidenceFacts, type TestRun, type TreeDigest } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import { atRed, now, onBase, type RunFiles } from "../checks/testing/run-case.ts";

const [old, fresh] = ["test/price.test.js", "test/total.test.js"];
const head = 'import { expect, it } from "vitest";\n';
const halves = 'it("halves", () => {\n  expect(half(4)).toBe(2);\n});\n';
const sums = 'it("sums", () => {\n  expect(sum([1, 2])).toBe(3);\n});\n';
const base = onBase({ [old]: { halves: "passed", sums: "passed" } });
const split: RunFiles = { [old]: { halves: "passed" }, [fresh]: { sums: "passed" } };
const laid = (files: RunFiles): TestRun => onBase(files, { tree: digestBytes("base tests") as TreeDigest });
const asBase = laid({ [old]: { halves: "passed", sums: "passed" } });

function check(
  name: "all_tests_pass" | "no_skipped_tests",
  {
    files = split,
    texts = [head + halves, head + sums],
    places = [old, fresh],
    removed = [],
    evidence = {},
  }: {
    readonly files?: RunFiles;
    readonly texts?: readonly [old: string | null, fresh: string | null];
    readonly places?: readonly [old: string, fresh: string];
    readonly removed?: readonly string[];
    readonly evidence?: Partial<EvidenceFacts>;
  } = {},
) {
  const [before, after] = places;
  const [left, written] = texts;
  return judge(name, {
    changes: [],
    sinceBase: [changed(before), changed(after, "added")],
    paths: places,
    artifacts: { removed_tests: [...removed] },
    contents: {
      [before]: { before: left === null ? null : head + halves + sums, after: left },
      [after]: { before: null, after: written },
    },
    evidence: { base, redIdentities: [], current: now(files), ...evidence },
  });
}

describe("a test that passes under its name in another file of this task's", () => {
  const moved = `\`${old} > sums -> ${fresh} > sums\``;

  test("is not missing where it says what it said, and passes as the base has it, too", () => {
    expect(check("all_tests_pass", { evidence: { baseTests: asBase } })).toMatchObject({
      passed: true,
      findings: [
        {
          name: "removed_tests",
          severity: "info",
          message: `moved word for word, and pass there and as the base has them: ${moved}`,
        },
      ],
    });
    expect(check("no_skipped_tests", { evidence: { baseTests: asBase } }).passed).toBe(true);
  });

  test("is to be named where nothing shows that it passes as the base has it, and told as moved", () => {
    const refused = check("all_tests_pass");
    expect(refused.passed || refused.hint).toContain(
      `: \`["${old} > sums"]\`; so does one that moved and passes there: ${moved}`,
    );
    const failing = laid({ [old]: { halves: "passed", sums: "failed" } });
    expect(check("all_tests_pass", { evidence: { baseTests: failing } }).passed).toBe(false);
    expect(check("no_skipped_tests").passed).toBe(false);
    expect(check("all_tests_pass", { removed: [`${old} > sums`] })).toMatchObject({
      passed: true,
      findings: [
        {
          name: "removed_tests",
          severity: "warning",
          message: `moved, and pass there, by what is loaded and acts on them there: ${moved}`,
        },
      ],
    });
  });

  test("is missing where it says something else, whatever the base's tests say", () => {
    const weaker = head + sums.replace("toBe(3)", "toBeDefined()");
    for (const name of ["all_tests_pass", "no_skipped_tests"] as const) {
      const outcome = check(name, { texts: [head + halves, weaker], evidence: { baseTests: asBase } });
      expect(outcome).toMatchObject({ passed: false, hint: expect.stringContaining(`["${old} > sums"]`) });
    }
  });

  test("is missing where it does not pass there, has another name, or stands for one already", () => {
    const missing = (files: RunFiles[string], more: Partial<EvidenceFacts> = {}) => {
      const outcome = check("all_tests_pass", {
        files: { [old]: { halves: "passed" }, [fresh]: files },
        evidence: { baseTests: asBase, ...more },
      });
      return outcome.passed || outcome.message;
    };
    const one = `passed before and are missing now: \`${old} > sums\``;
    expect(missing({ sums: "failed" })).toContain(one);
    expect(missing({ sums: "skipped" })).toContain(one);
    expect(missing({ adds: "passed" })).toContain(one);
    const twice: RunFiles = { [old]: { halves: "passed", "whole > sums": "passed", "part > sums": "passed" } };
    expect(missing({ sums: "passed" }, { base: onBase(twice), baseTests: laid(twice) })).toBe(
      `passed before and are missing now: \`${old} > part > sums\``,
    );
  });

  test("is told as moved where no text tells, and it passes as the base has it", () => {
    const places = ["tests/a.rs", "tests/b.rs"] as const;
    const whole: RunFiles = { [places[0]]: { halves: "passed", sums: "passed" } };
    const rust = {
      places,
      texts: ["fn halves() {}", "fn sums() {}"] as const,
      files: { [places[0]]: { halves: "passed" }, [places[1]]: { sums: "passed" } } as RunFiles,
      removed: [`${places[0]} > sums`],
    };
    const told = (more: Partial<EvidenceFacts>) =>
      check("all_tests_pass", { ...rust, evidence: { base: onBase(whole), ...more } }).findings?.[0]?.message;
    expect(told({})).toContain("given up");
    expect(told({ baseTests: laid(whole) })).toContain("moved, and pass there");
  });
});

test("a test that went into a suite of its file, word for word, is not missing", () => {
  const wrapped = `${head}describe("price", () => {\n  ${(halves + sums).replaceAll("\n", "\n  ")}\n});\n`;
  const outcome = judge("all_tests_pass", {
    changes: [],
    sinceBase: [changed(old)],
    paths: [old],
    contents: { [old]: { before: head + halves + sums, after: wrapped } },
    evidence: {
      base,
      redIdentities: [],
      baseTests: asBase,
      current: now({ [old]: { "price > halves": "passed", "price > sums": "passed" } }),
    },
  });
  expect(outcome).toMatchObject({ passed: true, findings: [{ name: "removed_tests", severity: "info" }] });
});

test("red counts what moved to another file for what its own lost", () => {
  const outcome = judge("tests_are_failing", {
    phase: "TDD",
    changes: [changed(old), changed(fresh, "added")],
    paths: [old, fresh],
    contents: {
      [old]: { before: head + halves + sums, after: head + halves },
      [fresh]: { before: null, after: head + sums },
    },
    evidence: { base, red: atRed({ [old]: { halves: "passed" }, [fresh]: { sums: "passed", more: "failed" } }) },
  });
  expect(outcome.findings?.filter(({ name }) => name === "rewritten_tests")).toMatchObject([
    { severity: "info", message: expect.stringContaining("(2 passed, 2 now)") },
  ]);
});
