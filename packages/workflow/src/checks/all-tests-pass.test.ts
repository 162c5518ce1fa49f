import { describe, expect, test } from "vitest";
import { changed, type CheckCase, judge } from "./testing/check-case.ts";
import { atRed, identityOf, now, onBase, redAgain, redFile, redTest } from "./testing/run-case.ts";

const old = { "test/old.test.ts": { adds: "passed", parses: "failed" } } as const;
const base = onBase(old);
const file = "test/new.test.ts";
const redIdentities = [redTest(file, "divides")];
const changes = [changed(file, "added"), changed("src/a.ts")];
const good = { ...old, [file]: { divides: "passed" } } as const;
const ofBase = (name: string) => identityOf("test/old.test.ts", name);

const paths = ["src/a.ts", "test/old.test.ts", file];
const green = ({ evidence, ...given }: Partial<CheckCase>) => {
  const runs = evidence && { redAgain: redAgain(evidence.redIdentities ?? []), ...evidence };
  return judge("all_tests_pass", { changes: [], sinceBase: changes, paths, ...(runs && { evidence: runs }), ...given });
};
const names = (given: Partial<CheckCase>) => green(given).findings?.map(({ name, severity }) => `${severity} ${name}`);

describe("green passes when", () => {
  test.each<[rule: string, given: Partial<CheckCase>]>([
    ["every red identity passes on a byte-identical file", { evidence: { base, redIdentities, current: now(good) } }],
    [
      "a red file that did not load does, and all its tests pass",
      { evidence: { base, redIdentities: [redFile(file)], current: now(good) } },
    ],
    [
      "unrelated tests were added and pass",
      {
        evidence: {
          base,
          redIdentities,
          current: now({ ...good, "test/more.test.ts": { works: "passed", later: "todo" } }),
        },
      },
    ],
    ["nothing was red and nothing was lost", { evidence: { base, current: now(old) }, sinceBase: [] }],
    [
      "a test that failed on the base passes now",
      {
        evidence: {
          base,
          redIdentities,
          current: now({ ...good, "test/old.test.ts": { adds: "passed", parses: "passed" } }),
        },
      },
    ],
    [
      "a removed test is given up in the artifact `removed_tests`",
      {
        artifacts: { removed_tests: [ofBase("adds")] },
        evidence: { base, redIdentities, current: now({ [file]: { divides: "passed" } }) },
      },
    ],
    [
      "a renamed test is given up in `removed_tests`, with words beside it",
      {
        artifacts: { removed_tests: { tests: [{ identity: ofBase("adds"), reason: "now `sums`" }] } },
        evidence: { base, redIdentities, current: now({ ...good, "test/old.test.ts": { sums: "passed" } }) },
      },
    ],
    [
      "a file of the base did not load there and does not load now",
      {
        evidence: {
          base: onBase({ ...old, "test/broken.test.ts": "outside" }),
          redIdentities,
          current: now({ ...good, "test/broken.test.ts": "outside" }),
        },
      },
    ],
    [
      "a red file was red twice: its last form counts",
      {
        evidence: {
          base,
          redIdentities: [redTest(file, "divides", "00"), redTest(file, "halves")],
          current: now({ ...old, [file]: { divides: "passed", halves: "passed" } }),
        },
      },
    ],
    [
      "a suite whose body or hook failed at red holds, and all its tests pass",
      {
        evidence: {
          base,
          redIdentities: [redTest(file, "shares")],
          current: now({ ...old, [file]: { "shares > divides": "passed", "shares > halves": "passed" } }),
        },
      },
    ],
    [
      "the names of an unstable file differ, and as many of its tests pass",
      {
        evidence: {
          base,
          redIdentities,
          current: now(
            { ...good, "test/old.test.ts": { "adds 17:03": "passed", "parses 17:03": "failed" } },
            { unstableFiles: ["test/old.test.ts"] },
          ),
        },
      },
    ],
    [
      "the format names no file and no test file changed since it was red",
      {
        evidence: {
          base: onBase({ "": { adds: "passed" } }),
          redIdentities: [{ ...redTest("", "divides"), file: null, content: null }],
          current: now({ "": { adds: "passed", divides: "passed" } }),
        },
      },
    ],
    [
      "a red file is the same as the base has it by now, as the server read it",
      {
        sinceBase: [],
        contentOf: { [file]: "11" },
        evidence: { base, redIdentities, current: now(good) },
      },
    ],
  ])("%s", (_, given) => {
    expect(green(given)).toMatchObject({ passed: true, evidenceId: "evd_01" });
  });
});

describe("green does not pass when", () => {
  const withNow = (...run: Parameters<typeof now>): Partial<CheckCase> => ({
    evidence: { base, redIdentities, current: now(...run) },
  });

  test.each<[rule: string, given: Partial<CheckCase>, message: RegExp]>([
    ["nothing was run", {}, /no test was run/u],
    ["the base was not run", { evidence: { redIdentities, current: now(good) } }, /not run on the base/u],
    ["the current tree was not run", { evidence: { base, redIdentities } }, /not run on this tree/u],
    [
      "the evidence is of another tree",
      { evidence: { base, redIdentities, current: atRed(good) } },
      /one of another tree/u,
    ],
    ["the report and the exit code contradict each other", withNow(good, { status: "contradiction" }), /contradict/u],
    [
      "the run ended with an error that its report does not name",
      withNow({ [file]: { divides: "passed" }, "test/old.test.ts": { adds: "passed" } }, { exitCode: 1 }),
      /exit code 1/u,
    ],
    ["a red test fails", withNow({ ...old, [file]: { divides: "failed" } }), /red and not passing.*divides/u],
    [
      "a red test is skipped",
      withNow({ ...old, [file]: { divides: "skipped", a: "passed" } }),
      /not passing.*divides|skipped tests/u,
    ],
    [
      "one of the tests of a suite that failed at red does not pass",
      {
        evidence: {
          base,
          redIdentities: [redTest(file, "shares")],
          current: now({ ...old, [file]: { "shares > divides": "passed", "shares > halves": "failed" } }),
        },
      },
      /red and not passing: `test\/new.test.ts > shares`/u,
    ],
    [
      "a suite that failed at red has tests of its name only in another file",
      {
        evidence: {
          base,
          redIdentities: [redTest("", "shares")],
          current: now({ [file]: { "shares > a": "passed" } }),
        },
      },
      /red and not passing: `shares`/u,
    ],
    ["a red test is gone", withNow({ ...old, [file]: { other: "passed" } }), /red and not passing.*divides/u],
    [
      "a red test is gone, also where `removed_tests` names it",
      {
        ...withNow({ ...old, [file]: { other: "passed" } }),
        artifacts: { removed_tests: [identityOf(file, "divides")] },
      },
      /red and not passing/u,
    ],
    [
      "a red file differs in a byte",
      { evidence: { base, redIdentities: [redTest(file, "divides", "12")], current: now(good) } },
      /red test files have changed since: `test\/new.test.ts`/u,
    ],
    [
      "a red file was put back to what the base has",
      { ...withNow(good), sinceBase: [changed("src/a.ts")] },
      /red test files have changed since/u,
    ],
    [
      "a red file's content is not known",
      { evidence: { base, redIdentities: [{ ...redTest(file, "divides"), content: null }], current: now(good) } },
      /red test files have changed since/u,
    ],
    [
      "a red file does not load",
      { evidence: { base, redIdentities: [redFile(file)], current: now({ ...old, [file]: "outside" }) } },
      /red test files do not load/u,
    ],
    [
      "a red file holds no test",
      { evidence: { base, redIdentities: [redFile(file)], current: now(old) } },
      /red test files hold no test/u,
    ],
    [
      "one of the tests of a red file is skipped",
      {
        evidence: {
          base,
          redIdentities: [redFile(file)],
          current: now({ ...old, [file]: { divides: "passed", halves: "skipped" } }),
        },
      },
      /red test files hold skipped tests/u,
    ],
    [
      "one of the tests of a red file is todo",
      {
        evidence: {
          base,
          redIdentities: [redFile(file)],
          current: now({ ...old, [file]: { divides: "passed", halves: "todo" } }),
        },
      },
      /red test files hold skipped tests/u,
    ],
    [
      "one of the tests of a file that did not load at red fails",
      {
        evidence: {
          base,
          redIdentities: [redFile(file)],
          current: now({ ...old, [file]: { divides: "passed", halves: "failed" } }),
        },
      },
      /failing, and not so on the base.*halves/u,
    ],
    [
      "a red file did not load on the base either, and one of its tests fails",
      {
        evidence: {
          base: onBase({ ...old, [file]: "outside" }),
          redIdentities: [redFile(file)],
          current: now({ ...old, [file]: { divides: "passed", halves: "failed" } }),
        },
      },
      /failing, and not so on the base.*halves/u,
    ],
    [
      "no test of a file that did not load at red passes, since its only one failed on the base and fails still",
      {
        evidence: {
          base: onBase({ ...old, [file]: { divides: "failed" } }),
          redIdentities: [redFile(file)],
          current: now({ ...old, [file]: { divides: "failed" } }),
        },
      },
      /red and not passing: `test\/new.test.ts`/u,
    ],
    [
      "the format names no file and a test file changed in this phase",
      {
        changes: [changed("test/all.sh")],
        evidence: {
          base: onBase({ "": { adds: "passed" } }),
          redIdentities: [{ ...redTest("", "divides"), file: null, content: null }],
          current: now({ "": { adds: "passed", divides: "passed" } }),
        },
      },
      /test files changed in phase `IMPL`/u,
    ],
    [
      "a test that passed on the base fails",
      withNow({ ...good, "test/old.test.ts": { adds: "failed", parses: "failed" } }),
      /passed before and fail now.*adds/u,
    ],
    [
      "a test that passed on the base fails, also where `removed_tests` names it",
      {
        ...withNow({ ...good, "test/old.test.ts": { adds: "failed", parses: "failed" } }),
        artifacts: { removed_tests: [ofBase("adds")] },
      },
      /passed before and fail now/u,
    ],
    [
      "a test that passed on the base is skipped",
      withNow({ ...good, "test/old.test.ts": { adds: "skipped" } }),
      /passed before and are skipped now.*adds/u,
    ],
    [
      "a test that passed on the base is todo",
      withNow({ ...good, "test/old.test.ts": { adds: "todo" } }),
      /passed before and are skipped now.*adds/u,
    ],
    [
      "a test that passed on the base is missing",
      withNow({ ...good, "test/old.test.ts": { parses: "failed" } }),
      /passed before and are missing now.*adds/u,
    ],
    [
      "a renamed test is not given up in `removed_tests`",
      {
        ...withNow({ ...good, "test/old.test.ts": { sums: "passed" } }),
        artifacts: { removed_tests: [ofBase("subtracts")], notes: { renamed: ofBase("adds") } },
      },
      /passed before and are missing now.*adds/u,
    ],
    [
      "a test that passed earlier in this task fails",
      {
        evidence: {
          base,
          passedEarlier: ["test/mid.test.ts > works"],
          current: now({ ...old, "test/mid.test.ts": { works: "failed" } }),
        },
      },
      /passed before and fail now.*works/u,
    ],
    [
      "a test that passed earlier in this task is missing",
      { evidence: { base, passedEarlier: ["test/mid.test.ts > works"], current: now(old) } },
      /passed before and are missing now.*works/u,
    ],
    [
      "a test fails that the base does not have",
      withNow({ ...good, "test/more.test.ts": { works: "failed" } }),
      /failing, and not so on the base.*works/u,
    ],
    [
      "a test file does not load that the base does not have",
      withNow({ ...good, "test/more.test.ts": "in_test" }),
      /do not load.*more/u,
    ],
    [
      "what was unknown at red, because the run stopped early, is not there now",
      withNow({ [file]: { divides: "passed" } }),
      /missing now.*adds/u,
    ],
    ["the run stopped early", withNow(good, { stoppedEarly: true }), /stopped early/u],
    ["no test ran", { evidence: { base: onBase({}), current: now({}) } }, /no test ran/u],
    [
      "fewer tests of an unstable file pass than on the base",
      withNow({ ...good, "test/old.test.ts": { "parses 17:03": "failed" } }, { unstableFiles: ["test/old.test.ts"] }),
      /fewer tests pass than before/u,
    ],
    [
      "more tests of an unstable file fail than on the base",
      withNow(
        { ...good, "test/old.test.ts": { "adds 17:03": "passed", "parses 17:03": "failed", "x 17:03": "failed" } },
        { unstableFiles: ["test/old.test.ts"] },
      ),
      /fewer tests pass than before, or more fail/u,
    ],
  ])("%s", (_, given, message) => {
    const outcome = green(given);
    expect(outcome).toMatchObject({ passed: false });
    expect(outcome.passed || outcome.message).toMatch(message);
  });
});

describe("what green says besides", () => {
  test("what crashed is named where tests that failed on the base explain the exit code, and the base crashed less", () => {
    const crash = "Aborted (core dumped) ./build/test_price 41";
    const told = (before: string, after: string) => {
      const evidence = { base: onBase(old, { output: before }), redIdentities, current: now(good, { output: after }) };
      return green({ evidence }).findings?.filter(({ name }) => name === "failed_on_base");
    };
    expect(told(`${crash}\nok 1`, crash.replace("41", "97"))).toMatchObject([{ severity: "info" }]);
    expect(told("ok 1", `ok 1\n${crash}`)).toMatchObject([
      {
        severity: "warning",
        message: `failed on the base and fail still: \`test/old.test.ts > parses\`; with them alone no exit code tells of what crashed in this run and not on the base: \`${crash}\``,
      },
    ]);
    expect(told(crash, `${crash}\n${crash}\nassert(failed) is a word`)).toMatchObject([{ severity: "warning" }]);
  });

  test("tests that failed on the base and fail still are listed", () => {
    expect(green({ evidence: { base, redIdentities, current: now(good) } }).findings).toEqual([
      {
        name: "failed_on_base",
        severity: "info",
        message: "failed on the base and fail still: `test/old.test.ts > parses`",
        evidenceId: "evd_01",
      },
    ]);
  });

  test("tests that `removed_tests` gives up are listed for the approver", () => {
    const evidence = { base: onBase({ "test/old.test.ts": { adds: "passed" } }), current: now(good) };
    expect(
      names({
        evidence: { ...evidence, current: now({ [file]: { divides: "passed" } }) },
        artifacts: { removed_tests: [ofBase("adds")] },
      }),
    ).toEqual(["warning removed_tests"]);
  });

  const clean = { "test/old.test.ts": { adds: "passed" } } as const;

  test("a flaky test passes if it is unchanged and was flaky on the base", () => {
    const flaky = [ofBase("adds")];
    const evidence = { base: onBase(clean, { flaky }), current: now(clean, { flaky }) };
    expect(green({ evidence })).toEqual({ passed: true, evidenceId: "evd_01", findings: [] });
  });

  test.each<[rule: string, given: Partial<CheckCase>]>([
    [
      "was not flaky on the base",
      { evidence: { base: onBase(clean), current: now(clean, { flaky: [ofBase("adds")] }) } },
    ],
    [
      "is in a changed file",
      {
        sinceBase: [changed("test/old.test.ts")],
        contents: { "test/old.test.ts": { before: "", after: "// a\n" } },
        evidence: {
          base: onBase(clean, { flaky: [ofBase("adds")] }),
          current: now(clean, { flaky: [ofBase("adds")] }),
        },
      },
    ],
  ])("a flaky test is a warning if it %s", (_, given) => {
    expect(green(given).passed).toBe(true);
    expect(names(given)).toEqual(["warning flaky"]);
  });

  test("a red file that does not load is one problem, not two, and `weak_red` waits until it does", () => {
    const current = now({ ...clean, [file]: "outside" });
    expect(green({ evidence: { base: onBase(clean), redIdentities: [redFile(file)], current } })).toEqual({
      passed: false,
      message: "red test files do not load: `test/new.test.ts`",
      hint: "implement what they import",
      evidenceId: "evd_01",
      findings: [],
    });
  });

  test("several problems stand in one message, each with its way out", () => {
    const current = now({ [file]: { divides: "failed" } });
    expect(green({ evidence: { base, redIdentities, current } })).toMatchObject({
      passed: false,
      message:
        "red and not passing: `test/new.test.ts > divides`; passed before and are missing now: `test/old.test.ts > adds`",
      hint: 'implement what they test; a removed or renamed test needs its old identity in the artifact `removed_tests`, written as it is here: `["test/old.test.ts > adds"]`',
    });
  });
});

test("data among the tests that came after they were red is named, and what a runner stores is information", () => {
  const [rows, stored] = ["test/rows.snap", "test/__snapshots__/new.test.ts.snap"];
  const told = (paths: readonly string[], after: string, reds = redIdentities, besideReds: typeof reds = []) =>
    green({
      sinceBase: [...changes, ...paths.map((path) => changed(path, "added"))],
      contents: Object.fromEntries(paths.map((path) => [path, { before: null, after }])),
      evidence: { base, redIdentities: reds, besideReds, current: now(good) },
    })
      .findings?.filter(({ name }) => name === "data_after_red")
      .map(({ severity, message }) => `${severity}: ${message}`);
  expect(told([rows], "\n1\n")).toEqual([expect.stringMatching(/^warning: .*`test\/rows\.snap`$/)]);
  const snapshot = told([stored], "exports[`divides 1`] = `2`;\n");
  expect(snapshot).toEqual([expect.stringMatching(/^info: snapshots, .*`test\/__snapshots__\/new\.test\.ts\.snap`$/)]);
  expect(told([stored], "---\nsource: src/lib.rs\nexpression: total\n---\n2\n")).toHaveLength(1);
  const beside = (content: string) => [{ ...redFile(rows), content, isStandIn: true as const }];
  expect(told([rows], "1\n", redIdentities, beside("11"))).toEqual([]);
  expect(told([rows], "1\n", redIdentities, beside("22"))).toHaveLength(1);
  expect(told([rows], "1\n", [])).toEqual([]);
  expect(told(["src/rows.snap", "test/README.md"], "1\n")).toEqual([]);
});
