import type { TestRun } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { testsNotRun } from "./tests-not-run.ts";
import { changed, judge } from "../checks/testing/check-case.ts";
import { now, onBase, type RunFiles } from "../checks/testing/run-case.ts";

const ran: RunFiles = { "test/a.test.ts": { adds: "passed" }, "test/test_a.py": { "test_adds[1-2]": "passed" } };

function told(
  path: string,
  text: string,
  more: { files?: RunFiles; run?: Partial<TestRun>; base?: Partial<TestRun>; kind?: "modified" } = {},
) {
  const files = { ...ran, ...more.files };
  const outcome = judge("all_tests_pass", {
    changes: [],
    sinceBase: [changed(path, more.kind ?? "added")],
    contents: { [path]: { before: null, after: text } },
    evidence: { base: onBase({}, more.base), redIdentities: [], current: now(files, more.run) },
  });
  return (outcome.findings ?? [])
    .filter(({ name }) => name === "tests_not_run" || name === "snapshots_written")
    .map(({ severity, message }) => `${severity}: ${message}`);
}

describe("tests of which none ran are named:", () => {
  test.each([
    ["a file that no runner collects", "test/b.spec.ts", "test('b', () => {});\n", "test/b.spec.ts"],
    ["one with tests in a suite", "test/b.test.mjs", "if (true) {\n  it.each([1])('b', f);\n}\n", "test/b.test.mjs"],
    ["one of Python", "test/test_b.py", "def test_b():\n    pass\n", "test/test_b.py"],
    [
      "a class that pytest does not collect beside a test that ran",
      "test/test_a.py",
      "def test_adds(a, b):\n    pass\n\n\nclass DiscountTests:\n    def test_ten(self):\n        pass\n",
      "test/test_a.py: test_ten",
    ],
    [
      "a test that passed without its body",
      "test/a.test.ts",
      'import test from "node:test";\ntest("adds", function* () {});\n',
      "test/a.test.ts: adds",
    ],
    [
      "a test that a later one of its class replaces",
      "test/test_a.py",
      "class TestSum:\n    def test_adds(self):\n        assert add(1) == 2\n\n    def test_adds(self):\n        pass\n",
      "test/test_a.py: TestSum.test_adds, another before it",
    ],
    [
      "a test that a later one of its module replaces",
      "test/test_a.py",
      "def test_adds():\n    assert add(1) == 2\n\n\n@pytest.mark.slow\ndef test_adds():\n    pass\n",
      "test/test_a.py: test_adds, another before it",
    ],
    [
      "a test whose name an import takes",
      "test/test_a.py",
      "def test_adds():\n    assert add(1) == 2\n\n\nfrom test.more import test_adds\n",
      "test/test_a.py: test_adds, another before it",
    ],
    [
      "a test whose name another is given",
      "test/test_a.py",
      "class TestA:\n    def test_adds(self):\n        assert add(1) == 2\n\n    test_adds = run\n",
      "test/test_a.py: TestA.test_adds, another before it",
    ],
    [
      "a test whose name a loop takes",
      "test/test_a.py",
      "def test_adds():\n    assert add(1) == 2\n\n\nfor test_adds in [print]:\n    pass\n",
      "test/test_a.py: test_adds, another before it",
    ],
    [
      "a class that pytest does not collect, with a test of the name of one that ran",
      "test/test_a.py",
      "def test_adds():\n    pass\n\n\nclass Many:\n    def test_adds(self):\n        pass\n",
      "test/test_a.py: test_adds",
    ],
    [
      "a coroutine that was skipped",
      "test/test_b.py",
      "async def test_b():\n    pass\n",
      "test/test_b.py: test_b",
      { files: { "test/test_b.py": { test_b: "skipped" } } },
    ],
  ] as [string, string, string, string, Parameters<typeof told>[2]?][])("%s", (_, path, text, name, more) => {
    expect(told(path, text, more)).toEqual([`warning: written like tests, and no test of it ran: \`${name}\``]);
  });
});

describe("a test that stands on another module is told where its body does not run,", () => {
  const base = "import unittest\n\n\nclass Base(unittest.TestCase):\n    pass\n\n\n";
  const lazy = "def lazy(check):\n    async def run(self):\n        check(self)\n    return run\n";
  const test_b = "async def test_b(self):\n        pass\n";
  const toldOf = (helper: string, text: string) => {
    const changes = ["test/base.py", "test/test_b.py"].map((path) => changed(path, "added"));
    const contents = {
      "test/base.py": { before: null, after: helper },
      "test/test_b.py": { before: null, after: text },
    };
    const run = now({ "test/test_b.py": { test_b: "passed" } });
    return testsNotRun(run, changes, contents, (path) => path.startsWith("test/"));
  };
  test.each([
    ["by its class", base, `from base import Base\n\n\nclass TestB(Base):\n    ${test_b}`],
    ["by its class under another name", base, `from .base import Base as Case\n\n\nclass TestB(Case):\n    ${test_b}`],
    ["by a member of the module", base, `import base\n\n\nclass TestB(base.Base):\n    ${test_b}`],
    [
      "by a decorator",
      base + lazy,
      "from base import Base, lazy\n\n\nclass TestB(Base):\n    @lazy\n    def test_b(self):\n        pass\n",
    ],
    [
      "by one that drops it",
      "def calm(check):\n    return lambda: None\n",
      "from base import calm\n\n\n@calm\ndef test_b():\n    pass\n",
    ],
  ])("%s", (_, helper, text) => {
    expect(toldOf(helper, text)).toEqual(["test/test_b.py: test_b"]);
  });

  test.each([
    [
      "its class awaits it",
      base.replace("TestCase", "IsolatedAsyncioTestCase"),
      `from base import Base\n\n\nclass TestB(Base):\n    ${test_b}`,
    ],
    [
      "its class runs it in a way of its own",
      `${base}    def run(self, result):\n        pass\n`,
      `from base import Base\n\n\nclass TestB(Base):\n    ${test_b}`,
    ],
    [
      "its decorator runs it",
      "def in_loop(check):\n    def run(self):\n        asyncio.run(check(self))\n    return run\n",
      `from base import in_loop\nimport unittest\n\n\nclass TestB(unittest.TestCase):\n    @in_loop\n    ${test_b}`,
    ],
    ["its class is not known", "", `from elsewhere import Base\n\n\nclass TestB(Base):\n    ${test_b}`],
  ])("and not where %s", (_, helper, text) => {
    expect(toldOf(helper, text)).toEqual([]);
  });
});

describe("nothing is told of", () => {
  const spec = "test('b', () => {});\n";
  test.each<[string, string, string, Parameters<typeof told>[2]?]>([
    ["a file of which a test ran", "test/a.test.ts", spec],
    ["a file whose tests were skipped", "test/b.spec.ts", spec, { files: { "test/b.spec.ts": { b: "skipped" } } }],
    ["a file that did not load", "test/b.spec.ts", spec, { files: { "test/b.spec.ts": "outside" } }],
    ["a report without files", "test/b.spec.ts", spec, { run: { cases: [] } }],
    ["a helper that declares tests for others", "test/shared.ts", "export const f = () => {\n  it('a', g);\n};\n"],
    [
      "tests of one name in two classes, and in the arms of a condition",
      "test/test_a.py",
      "class TestA:\n    def test_adds(self):\n        pass\n\n\nclass TestB:\n    def test_adds(self):\n        pass\n\n\nif new:\n    def test_adds():\n        pass\nelse:\n    def test_adds():\n        pass\n",
    ],
    [
      "tests of one name in classes of classes",
      "test/test_a.py",
      "class TestA:\n    class TestB:\n        def test_adds(self):\n            pass\n\n    class TestC:\n        def test_adds(self):\n            pass\n",
    ],
    ["a helper without tests", "test/helpers.ts", "export const latest = (it) => it;\n"],
    [
      "a coroutine that ran",
      "test/test_b.py",
      "async def test_b():\n    pass\n",
      { files: { "test/test_b.py": { test_b: "passed" } } },
    ],
    [
      "a coroutine that failed",
      "test/test_b.py",
      "import unittest\n\n\nclass TestB(unittest.TestCase):\n    async def test_b(self):\n        pass\n",
      { files: { "test/test_b.py": { test_b: "failed" } } },
    ],
    [
      "a fixture, a property and a function of a test, called like tests",
      "test/test_a.py",
      "@pytest.fixture\ndef test_client():\n    return 1\n\n\nclass TestA:\n    @property\n    def test_value(self):\n        return 1\n\n\ndef test_adds():\n    def test_inner():\n        pass\n",
    ],
    [
      "a test that is marked later",
      "test/test_a.py",
      "def test_adds():\n    pass\n\n\ntest_adds = pytest.mark.slow(test_adds)\n",
    ],
    [
      "a class that others stand on",
      "test/test_a.py",
      "class Adding:\n    def test_adds(self):\n        pass\n\n\nclass TestA(Adding):\n    pass\n",
    ],
    ["comments", "test/b.spec.ts", "// test('b');\n/*\ntest('b');\n*/\n"],
    ["a file of product code", "src/b.ts", spec],
    ["tests of parameters, of Python", "test/test_a.py", "def test_adds(a, b):\n    pass\n"],
    [
      "a base class whose tests ran elsewhere",
      "test/cases.py",
      "class Cases:\n    def test_adds(self):\n        pass\n",
    ],
    [
      "functions within tests",
      "test/test_a.py",
      "def test_adds(a, b):\n    if a:\n        def test_b():\n            pass\n",
    ],
  ])("%s", (_, path, text, more) => {
    expect(told(path, text, more)).toEqual([]);
  });
});

test("snapshots that the run wrote are told, with their number", () => {
  expect(told("test/a.test.ts", "", { run: { snapshotsWritten: 2 } })).toEqual([
    "warning: 2 snapshots were stored by the run, since the tree holds none: tests that compare with them prove nothing; what a run stores is not kept, so the snapshots are written in the workspace, by the runner where it is there, or by hand",
  ]);
});

test("snapshots that the run of the base stores as well are no warning, unless the task touched some that it holds", () => {
  const as = (written: number, path = "test/a.test.ts") =>
    told(path, "", { run: { snapshotsWritten: 2 }, base: { snapshotsWritten: written }, kind: "modified" });
  expect(as(2)).toEqual([
    "info: as on the base, 2 snapshots were stored by the run, since the tree holds none: tests that compare with them prove nothing",
  ]);
  expect(as(1)).toEqual([expect.stringMatching(/^warning: 2 snapshots were stored/)]);
  expect(as(2, "test/__snapshots__/a.test.ts.snap")).toEqual([expect.stringMatching(/^warning: 2 snapshots/)]);
});
