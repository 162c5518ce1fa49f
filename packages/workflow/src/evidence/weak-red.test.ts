import { describe, expect, test } from "vitest";
import { changed, type CheckCase, judge } from "../checks/testing/check-case.ts";
import { covering, now, onBase, redAgain, redFile, redTest } from "../checks/testing/run-case.ts";

const file = "test/new.test.ts";
const redIdentities = [redTest(file, "divides")];
const changes = [changed(file, "added"), changed("src/a.ts")];
const paths = ["src/a.ts", "test/old.test.ts", file];
const clean = { "test/old.test.ts": { adds: "passed" } } as const;

const names = ({ evidence, ...given }: Partial<CheckCase>) => {
  const runs = evidence && { redAgain: redAgain(evidence.redIdentities ?? []), ...evidence };
  const green = { changes: [], sinceBase: changes, paths, ...(runs && { evidence: runs }), ...given };
  return judge("all_tests_pass", green).findings?.map(({ name, severity }) => `${severity} ${name}`);
};

describe("`weak_red`, of a test whose file did not load at red:", () => {
  const reds = [redFile(file)];
  const source = "src/a.ts";
  const contents = { [source]: { before: "one\ntwo\n", after: "one\nzwei\n" } };
  const weak = (given: Partial<CheckCase>, coverage: Parameters<typeof covering>[0] | null) =>
    names({
      ...given,
      evidence: {
        base: onBase(clean),
        redIdentities: reds,
        current: now({ ...clean, [file]: { divides: "passed" } }, { coverage: coverage && covering(coverage) }),
      },
    });
  const added = [changed(file, "added"), changed(source, "added")];
  const holding = (after: string) => ({ sinceBase: added, contents: { [source]: { before: null, after } } });

  test.each<
    [rule: string, given: Partial<CheckCase>, coverage: Parameters<typeof covering>[0] | null, findings: string[]]
  >([
    [
      "said where no line of what was added is executed",
      { sinceBase: added },
      { [source]: { covered: [], uncovered: [1, 2] } },
      ["warning weak_red"],
    ],
    ["said where the added file is not in the coverage at all", { sinceBase: added }, {}, ["warning weak_red"]],
    [
      "said where only lines that did not change are executed",
      { contents },
      { [source]: { covered: [1], uncovered: [2] } },
      ["warning weak_red"],
    ],
    [
      "said where nothing but tests changed",
      { changes: [changed("test/a.ts")], sinceBase: [changed(file, "added"), changed("test/a.ts", "added")] },
      { [source]: { covered: [1], uncovered: [] } },
      ["warning weak_red"],
    ],
    [
      "not said where an added line is executed",
      holding("export const divide = 1;\n"),
      { [source]: { covered: [1], uncovered: [2] } },
      [],
    ],
    [
      "not said of a module that only hands another one on",
      holding('export { divide } from "./divide.ts";\n'),
      { [source]: { covered: [1], uncovered: [] } },
      [],
    ],
    [
      "said of an added file that holds only a comment, blanks and an empty export",
      holding("// nothing\n\nexport {};\n"),
      { [source]: { covered: [1, 2, 3], uncovered: [] } },
      ["warning weak_red"],
    ],
    [
      "said of comments that are added to what was there",
      { contents: { [source]: { before: "one()\n", after: "one()\n// two\n" } } },
      { [source]: { covered: [1, 2], uncovered: [] } },
      ["warning weak_red"],
    ],
    ["not said where a changed line is executed", { contents }, { [source]: { covered: [1, 2], uncovered: [] } }, []],
    ["not told without coverage", { contents }, null, ["info weak_red"]],
    [
      "not told without the texts of what changed",
      {},
      { [source]: { covered: [1], uncovered: [2] } },
      ["info weak_red"],
    ],
  ])("%s", (_, given, coverage, findings) => {
    expect(weak(given, coverage)).toEqual(findings);
  });

  test("never said of a test that failed by itself", () => {
    const current = now({ ...clean, [file]: { divides: "passed" } });
    expect(names({ evidence: { base: onBase(clean), redIdentities, current } })).toEqual([]);
  });
});
