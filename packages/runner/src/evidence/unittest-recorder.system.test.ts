import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ReportError } from "../reports/report-format.ts";
import { unittestRecords } from "../reports/unittest-records.ts";
import { recordedSession, unsealed } from "./unittest-recorder.ts";

type Files = Readonly<Record<string, string>>;

interface Session {
  readonly exitCode: number | null;
  readonly told: readonly string[];
  /** Names of what code under test changed of unittest. */
  readonly changes: readonly string[];
}

/** Outcomes by test of one session, or why it is not believed; as `python3 -m unittest` with these arguments. */
function session(files: Files, args = "-v", variables = ""): Session {
  const folder = mkdtempSync(path.join(tmpdir(), "unittest-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    const recorded = recordedSession(
      { command: `python3 -m unittest ${args}`, format: "unittest", report: null },
      false,
    );
    if (recorded === null) throw new Error("the command is not one of unittest");
    const report = path.join(folder, ".report");
    const line = `${variables} exec ${recorded.command(report)} 3<<< ${recorded.key}`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", line], {
      cwd: folder,
      encoding: "utf8",
      timeout: 20_000,
    });
    const isFile = (file: string): boolean => existsSync(path.join(folder, file));
    const context = { workspace: folder, cwd: "", exitCode: status ?? 1, output: stdout + stderr, isFile };
    const written = existsSync(report) ? readFileSync(report, "utf8") : "";
    const told = toldBy(() => unittestRecords.parse(unsealed(written, recorded), context));
    const changes = [...written.matchAll(/ \["changed", "(.*)"\]$/gm)].map(([, name = ""]) => name).sort();
    return { exitCode: status, told, changes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function toldBy(read: () => ReturnType<typeof unittestRecords.parse>): readonly string[] {
  try {
    const report = read();
    if (report === null) return ["no report"];
    return [
      ...report.cases.map(({ outcome, identity }) => `${outcome}: ${identity}`),
      ...report.unloaded.map(({ file }) => `unloaded: ${file}`),
    ].sort();
  } catch (error) {
    if (error instanceof ReportError) return [`refused: ${error.message}`];
    throw error;
  }
}

const test = "tests.test_add.TestAdd > test_adds";
const project = (product: string): Files => ({
  "lib.py": product,
  "tests/__init__.py": "",
  "tests/test_add.py":
    "import unittest\nimport lib\n\nclass TestAdd(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(lib.add(1, 2), 3)\n\n    def test_begins(self):\n        lib.begin()\n",
});
const begin = "def begin():\n    pass\n\n";
const none = `${begin}def add(a, b):\n    return None\n`;
const frames =
  "import sys\n\ndef found(name):\n    frame = sys._getframe(1)\n    while name not in frame.f_locals:\n        frame = frame.f_back\n    return frame.f_locals[name]\n\n";

const forgeries: readonly (readonly [string, string, string])[] = [
  [
    "results that it prints before it skips the test",
    `import sys, unittest\n${begin}def add(a, b):\n    sys.stderr.write("ok\\ntest_more (tests.test_add.TestAdd.test_more) ... ")\n    raise unittest.SkipTest("later")\n`,
    `skipped: ${test}`,
  ],
  [
    "a whole printed report before it ends the process",
    'import os, sys\nsys.stderr.write("test_adds (tests.test_add.TestAdd.test_adds) ... ok\\n\\n" + "-" * 70 + "\\nRan 1 test in 0.001s\\n\\nOK\\n")\nsys.stderr.flush()\nos._exit(0)\n',
    "no report",
  ],
  [
    "the end of the process in the midst of a test",
    `import os\n${begin}def add(a, b):\n    os._exit(0)\n`,
    "refused: the report ends before the tests do",
  ],
  [
    "records that it writes into the report",
    `import glob, os\n${begin}def add(a, b):\n    for name in glob.glob("/proc/self/fd/*"):\n        if os.path.realpath(name).endswith(".report"):\n            with open(name, "a") as report:\n                for record in ('["passed", "test_adds (tests.test_add.TestAdd)", ""]', '["stop", "tests.test_add.TestAdd.test_adds"]', '["end", false]'):\n                    report.write("0" * 64 + " " + record + "\\n")\n    os._exit(0)\n`,
    "refused: the report holds a record that its recorder did not write",
  ],
  [
    "a report without what was recorded before",
    `import glob, os\n${begin}def add(a, b):\n    for name in glob.glob("/proc/self/fd/*"):\n        if os.path.realpath(name).endswith(".report"):\n            os.truncate(name, 0)\n    return 3\n`,
    "refused: the report holds a record that its recorder did not write",
  ],
  [
    "the exception by which unittest stops a test",
    `import unittest.case\n${begin}def add(a, b):\n    raise unittest.case._ShouldStop()\n`,
    `failed: ${test}`,
  ],
  [
    "a success that it reports from within the test",
    `import unittest\n${frames}${begin}def add(a, b):\n    found("result").addSuccess(found("self"))\n    raise unittest.SkipTest("later")\n`,
    "refused: code under test reported a result itself, in `",
  ],
  [
    "a test of that name that it runs beside",
    `import unittest\n${frames}${begin}def add(a, b):\n    found("result").startTest(found("self"))\n`,
    "refused: `tests.test_add.TestAdd.test_adds` began before another test had ended",
  ],
  [
    "tests that it takes out of the suite",
    `import sys, unittest\n${begin}def add(a, b):\n    frame = sys._getframe(1)\n    while frame is not None:\n        held = frame.f_locals.get("self")\n        if isinstance(held, unittest.TestSuite) and isinstance(held._tests[-1], unittest.TestCase):\n            held._tests[1:] = []\n        frame = frame.f_back\n    return 3\n`,
    "refused: 1 of the loaded tests did not run, first `tests.test_add.TestAdd.test_begins`",
  ],
  [
    "a later test that it replaces",
    "import sys\n\ndef add(a, b):\n    sys.modules['tests.test_add'].TestAdd.test_begins = lambda self: None\n    return 3\n",
    "refused: code under test changed `TestAdd.test_begins`, by which tests are run",
  ],
  [
    "an interrupt",
    `${begin}def add(a, b):\n    raise KeyboardInterrupt()\n`,
    "refused: the report does not say how `test_adds (tests.test_add.TestAdd)` ended",
  ],
];

describe("code under test forges nothing by", () => {
  it.each(forgeries)("%s", (_, product, expected) => {
    const { told } = session(project(product));
    expect(told.filter((one) => one.startsWith(expected))).toHaveLength(1);
    expect(told).not.toContain(`passed: ${test}`);
  });

  it("changes of unittest, and of what it stands on", () => {
    const changes = [
      "import builtins, contextlib, unittest, unittest.case",
      "case = unittest.TestCase",
      "case.assertTrue = lambda *_: None",
      "case.assertEqual.__code__ = (lambda self, first, second, msg=None: None).__code__",
      "case.setUp = lambda self: setattr(self, 'assertEqual', print)",
      "case.__getattribute__ = lambda self, name: object.__getattribute__(self, name)",
      "class Quiet(case): pass",
      "unittest.TestCase = Quiet",
      "unittest.case._ShouldStop = Exception",
      "unittest.TextTestResult.addFailure = lambda self, test, error: self.addSuccess(test)",
      "contextlib._GeneratorContextManager.__exit__ = lambda *_: True",
      "build = builtins.__build_class__",
      "builtins.__build_class__ = lambda *given, **named: build(*given, **named)",
    ];
    expect(session(project(`${changes.join("\n")}\n${none}`)).changes).toEqual([
      "TestCase.__getattribute__",
      "TestCase.assertEqual",
      "TestCase.assertTrue",
      "TestCase.setUp",
      "TextTestResult.addFailure",
      "_GeneratorContextManager.__exit__",
      "builtins.__build_class__",
      "unittest.TestCase",
      "unittest.case._ShouldStop",
    ]);
  });

  it("a unittest of its own, before or in the place of the library's", () => {
    const files = {
      ...project(none),
      "unittest/__init__.py": "raise SystemExit(0)\n",
      "src/sitecustomize.py": "import unittest\nunittest.TestCase.assertEqual = lambda *_: None\n",
    };
    expect(session(files, "-v", "PYTHONPATH=src").told).toContain(`failed: ${test}`);
  });

  it("a changed test of coroutines", () => {
    const files = {
      "lib.py": "import unittest\nunittest.IsolatedAsyncioTestCase._callTestMethod = lambda self, method: None\n",
      "test_lib.py":
        "import unittest\nimport lib\n\nclass TestLib(unittest.IsolatedAsyncioTestCase):\n    async def test_fails(self):\n        self.fail()\n",
    };
    expect(session(files).told).toEqual([
      "refused: code under test changed `IsolatedAsyncioTestCase._callTestMethod`, by which tests are run",
    ]);
  });
});

const features: Files = {
  "json.py": "def loads(text):\n    return 'mine'\n",
  "lib.py": 'def add(a, b):\n    """\n    >>> add(1, 2)\n    3\n    """\n    return a + b\n',
  "tests/__init__.py": "",
  "tests/deep/__init__.py": "",
  "tests/deep/test_names.py": `import unittest, json
from unittest import mock
unittest.TestCase.maxDiff = None
unittest.TestCase.shortDescription = lambda self: None
unittest.TestCase.__str__ = unittest.TestCase.id
unittest.TestLoader.sortTestMethodsUsing = None
unittest.TestCase.assertItemsEqual = unittest.TestCase.assertCountEqual

class TestNames(unittest.TestCase):
    def test_own_module_of_a_name_of_the_library(self):
        self.assertEqual(json.loads("1"), "mine")

    def test_session_within(self):
        class Inner(unittest.TestCase):
            def test_fails(self):
                self.fail()
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(Inner).run(result)
        self.assertEqual(len(result.failures), 1)

    @mock.patch.object(unittest.TestCase, "assertEqual")
    def test_patched_while_it_runs(self, patched):
        self.assertEqual(1, 2)

    def test_prints(self):
        import sys
        sys.stderr.write("ok\\nRan 3 tests in 0.1s\\n\\nFAILED (failures=2)\\n")
`,
  "tests/test_doc.py":
    "import doctest\nimport lib\n\ndef load_tests(loader, tests, pattern):\n    tests.addTests(doctest.DocTestSuite(lib))\n    return tests\n",
  "tests/test_kinds.py": `import unittest

class TestKinds(unittest.TestCase):
    def test_parts(self):
        for one in range(3):
            with self.subTest(one=one):
                self.assertLess(one, 3)

    def test_part_skipped(self):
        with self.subTest():
            self.skipTest("later")

    @unittest.skip("later")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    def test_cleanup(self):
        self.addCleanup(lambda: None)

class TestCoroutines(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.one = 1

    async def test_awaits(self):
        self.assertEqual(self.one, 1)

class TestSkippedWhole(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("later")

    def test_never(self):
        pass
`,
  "tests/test_processes.py":
    "import multiprocessing, unittest\n\ndef double(n):\n    return n * 2\n\nclass TestProcesses(unittest.TestCase):\n    def test_spawns(self):\n        with multiprocessing.get_context('spawn').Pool(1) as pool:\n            self.assertEqual(pool.map(double, [1]), [2])\n",
};

describe("ordinary sessions are told as they were:", () => {
  it("parts, skips, coroutines, doctests, sessions within, patched and renamed tests, processes", () => {
    expect(session(features)).toEqual({
      exitCode: 0,
      changes: [],
      told: [
        "passed: lib > add",
        "passed: tests.deep.test_names.TestNames > test_own_module_of_a_name_of_the_library",
        "passed: tests.deep.test_names.TestNames > test_patched_while_it_runs",
        "passed: tests.deep.test_names.TestNames > test_prints",
        "passed: tests.deep.test_names.TestNames > test_session_within",
        "passed: tests.test_kinds.TestCoroutines > test_awaits",
        "passed: tests.test_kinds.TestKinds > test_cleanup",
        "passed: tests.test_kinds.TestKinds > test_parts",
        "passed: tests.test_processes.TestProcesses > test_spawns",
        "skipped: tests.test_kinds.TestKinds > test_part_skipped",
        "skipped: tests.test_kinds.TestKinds > test_skipped",
        "skipped: tests.test_kinds.TestSkippedWhole > setUpClass",
        "todo: tests.test_kinds.TestKinds > test_expected",
      ],
    });
  });

  it("failures of tests, hooks, parts and imports, in folders without `__init__.py`", () => {
    const body = "        self.fail()\n";
    const files = {
      "spec/check_a.py": `import unittest\n\nclass TestA(unittest.TestCase):\n    def test_fails(self):\n${body}\n    def test_part(self):\n        with self.subTest():\n            self.fail()\n\n    @unittest.expectedFailure\n    def test_unexpected(self):\n        pass\n\n    def tearDown(self):\n        raise OSError()\n\nclass TestB(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls):\n        raise OSError()\n\n    def test_never(self):\n        pass\n`,
      "spec/check_b.py": "import missing\n",
      "spec/check_c.py":
        "import unittest\n\ndef setUpModule():\n    raise OSError()\n\nclass TestC(unittest.TestCase):\n    def test_never(self):\n        pass\n",
    };
    expect(session(files, "discover -s spec -p check_*.py")).toEqual({
      exitCode: 1,
      changes: [],
      told: [
        "failed: check_a.TestA > test_fails",
        "failed: check_a.TestA > test_part",
        "failed: check_a.TestA > test_unexpected",
        "failed: check_a.TestB",
        "unloaded: check_b",
        "unloaded: check_c",
      ],
    });
  });

  it("one that stops at its first failure, one of names, one without tests, one that does not begin", () => {
    const files = project(none);
    expect(session(files, "-f -b").told).toEqual([`failed: ${test}`]);
    expect(session(files, "tests.test_add.TestAdd.test_begins").told).toEqual([
      "passed: tests.test_add.TestAdd > test_begins",
    ]);
    expect(session({ "lib.py": "" }).told).toEqual([]);
    expect(session(files, "discover -s nowhere").told).toEqual(["no report"]);
  });
});

it("a test whose body nobody runs is skipped, and one that runs is not", () => {
  const body = "        self.assertEqual(1, 2)\n";
  const plain = [
    `    async def test_coroutine(self):\n${body}`,
    `    def test_generator(self):\n${body}        yield 1\n`,
    `    async def test_asynchronous_generator(self):\n${body}        yield 1\n`,
    "    def test_function(self):\n        return lambda: self.assertEqual(1, 2)\n",
    "    def test_lazy(self):\n        return map(self.assertEqual, [1], [2])\n",
    "    def test_number(self):\n        self.assertEqual(1, 1)\n        return 3\n",
    "    def test_mock(self):\n        return mock.Mock()\n",
    "    def test_nothing(self):\n        self.assertIsNone(self.assertEqual(1, 1))\n",
  ].join("\n");
  const asynchronous = [
    "    async def test_awaited(self):\n        self.assertEqual(1, 1)\n",
    `    async def test_failing(self):\n${body}`,
    `    async def test_yielding(self):\n${body}        yield 1\n`,
    "    def test_usual(self):\n        self.assertEqual(1, 1)\n",
  ].join("\n");
  const { told, changes } = session({
    "tests/__init__.py": "",
    "tests/test_a.py": `import unittest\nfrom unittest import mock\n\n\nclass TestA(unittest.TestCase):\n${plain}\n\nclass TestB(unittest.IsolatedAsyncioTestCase):\n${asynchronous}`,
  });
  expect(changes).toEqual([]);
  expect(told).toEqual(
    [
      "skipped: tests.test_a.TestA > test_coroutine",
      "skipped: tests.test_a.TestA > test_generator",
      "skipped: tests.test_a.TestA > test_asynchronous_generator",
      "skipped: tests.test_a.TestA > test_function",
      "skipped: tests.test_a.TestA > test_lazy",
      "passed: tests.test_a.TestA > test_number",
      "passed: tests.test_a.TestA > test_mock",
      "passed: tests.test_a.TestA > test_nothing",
      "passed: tests.test_a.TestB > test_awaited",
      "failed: tests.test_a.TestB > test_failing",
      "skipped: tests.test_a.TestB > test_yielding",
      "passed: tests.test_a.TestB > test_usual",
    ].sort(),
  );
});
