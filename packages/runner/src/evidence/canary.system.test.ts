import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Canary, JsonObject } from "@phasegate/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SharedRunner } from "../testing/fixture.ts";
import { changed, nodeCommand, openEvidenceBenchOn, openEvidenceRunner, testsOf } from "./evidence.fixture.ts";

const installed = fileURLToPath(new URL("../../../../node_modules", import.meta.url));
const hasPytest = (() => {
  try {
    execFileSync("python3", ["-c", "import pytest"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

type Files = Readonly<Record<string, string>>;

interface Kind {
  readonly tests: JsonObject;
  readonly files: Files;
  readonly isThere?: boolean;
  readonly setup?: string;
}

const nodeTests: Kind = {
  tests: { command: nodeCommand, format: "junit", retries: 0 },
  files: {
    "package.json": '{"type":"module"}',
    "src/sum.js": "export const sum = (a, b) => a + b;\n",
    "test/sum.test.js":
      "import { test } from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sum } from '../src/sum.js';\ntest('adds', () => assert.equal(sum(1, 2), 3)) // no end of line",
  },
};

const vitestTests: Kind = {
  tests: {
    command: "npx vitest run --reporter=default --reporter=junit --outputFile.junit={report}",
    format: "junit",
    retries: 0,
  },
  setup: `mkdir node_modules && ln -s ${installed}/* node_modules/ && ln -s ${installed}/.bin node_modules/.bin`,
  files: {
    "package.json": '{"type":"module"}',
    ".gitignore": "node_modules\n",
    "src/sum.ts": "export const sum = (a: number, b: number): number => a + b;\n",
    "test/sum.test.ts":
      "import { expect, test } from 'vitest';\nimport { sum } from '../src/sum.ts';\ntest('adds', () => expect(sum(1, 2)).toBe(3));\n",
  },
};

const unittestTests: Kind = {
  tests: { command: "python3 -m unittest -v", format: "unittest", retries: 0 },
  files: {
    "lib.py": "def add(a, b):\n    return a + b\n",
    "tests/__init__.py": "",
    "tests/test_add.py":
      "import unittest\nfrom lib import add\n\nclass TestAdd(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)",
  },
};

const pytestTests: Kind = {
  ...unittestTests,
  isThere: hasPytest,
  tests: {
    command: "python3 -m pytest --continue-on-collection-errors --junitxml={report}",
    format: "junit",
    retries: 0,
  },
};

let shared: SharedRunner;
beforeAll(async () => {
  shared = await openEvidenceRunner({ toolchainDirs: [installed] });
});
afterAll(() => shared[Symbol.asyncDispose]());

async function canaryOf(kind: Kind, files: Files = {}, tests: JsonObject = {}): Promise<Canary | undefined> {
  const setup = kind.setup === undefined ? {} : { rules: { setup: { command: kind.setup, inputs: ["package.json"] } } };
  await using bench = await openEvidenceBenchOn(
    shared,
    { ...kind.files, ...files },
    { ...kind.tests, ...tests },
    setup,
  );
  const run = await testsOf(bench, bench.base.tree, { canary: "if_reported" });
  expect([run.status, run.exitCode]).toEqual(["completed", 0]);
  expect(run.cases.filter(({ name }) => !/(adds|again)$/.test(name))).toEqual([]);
  return run.canary;
}

const failed = { outcome: "failed_as_it_must", seen: null };

const honest: readonly (readonly [string, Kind, Files?, JsonObject?])[] = [
  ["node", nodeTests],
  [
    "node, CommonJS in a folder of its own, beside a file that does nothing but test",
    nodeTests,
    {
      "package.json": "{}",
      "src/sum.js": "exports.sum = (a, b) => a + b;\n",
      "test/sum.test.js":
        "'use strict';\nconst { test } = require('node:test');\nconst { sum } = require('../src/sum.js');\nif (sum(1, 2) !== 3) throw new Error('no');\ntest('adds', () => {});\n",
      "packages/a/again.test.mjs": "import { it } from 'node:test';\nit('again', () => {});\n",
    },
  ],
  [
    "node, with coverage",
    nodeTests,
    {},
    { command: nodeCommand.replace("--test", "--test --experimental-test-coverage") },
  ],
  ["vitest", vitestTests],
  [
    "vitest with projects, a folder of its own, thresholds, bail and a setup file that extends matchers",
    vitestTests,
    {
      "vitest.config.ts":
        "import { defineConfig } from 'vitest/config';\nexport default defineConfig({ test: { bail: 1, projects: [{ test: { name: 'one', dir: 'test', include: ['**/sum.*'], setupFiles: ['./setup.ts'] } }, { test: { name: 'two', include: ['packages/*/test/*.spec.ts'] } }] } });\n",
      "setup.ts":
        "import { expect } from 'vitest';\nexpect.extend({ toBeSum: () => ({ pass: true, message: () => '' }) });\n",
      "packages/b/test/again.spec.ts":
        "import { describe, expect, it } from 'vitest';\ndescribe.only('x', () => { it('again', () => { expect(1).toBe(1); }); });\n",
    },
  ],
  ["unittest", unittestTests],
  ["pytest", pytestTests],
  [
    "pytest with its own names, paths, marks and a conftest of its own",
    pytestTests,
    {
      "pytest.ini":
        '[pytest]\ntestpaths = tests\npython_functions = check_*\npython_classes = Check\naddopts = -x -q -m "not slow" --strict-markers\nmarkers = slow: is slow\n',
      "tests/conftest.py":
        "import pytest\n\n@pytest.fixture(autouse=True)\ndef everywhere():\n    yield\n\ndef pytest_collection_modifyitems(items):\n    items.sort(key=lambda item: item.nodeid)\n",
    },
  ],
  [
    "pytest with a configuration below the folder in which it runs",
    pytestTests,
    { "tests/pytest.ini": "[pytest]\n", "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\n" },
  ],
];

describe("the canary of a project that reports its failures is failed_as_it_must:", () => {
  it.for(honest)("%s", async ([, kind, files, tests], { skip }) => {
    skip(kind.isThere === false);
    expect(await canaryOf(kind, files, tests)).toEqual(failed);
  });
});

const makeReport =
  "import pytest\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    outcome = yield\n    report = outcome.get_result()\n    report.outcome = 'passed'\n\ndef pytest_sessionfinish(session):\n    session.exitstatus = 0\n";

const dishonest: readonly (readonly [string, Canary["outcome"], Kind, Files, JsonObject?])[] = [
  [
    "product code that patches node:assert",
    "passed",
    nodeTests,
    {
      "src/sum.js":
        "import assert from 'node:assert';\nassert.strict.equal = assert.equal = () => {};\nexport const sum = (a, b) => a + b;\n",
    },
  ],
  [
    "a file that the environment imports",
    "passed",
    nodeTests,
    {
      "patch.mjs":
        "import assert from 'node:assert';\nimport { syncBuiltinESMExports } from 'node:module';\nfor (const name of ['equal', 'ok', 'strictEqual']) assert[name] = assert.strict[name] = () => {};\nsyncBuiltinESMExports();\n",
    },
    { env: { NODE_OPTIONS: "--import ./patch.mjs" } },
  ],
  [
    "a file that leaves out tests of some names",
    "missing",
    nodeTests,
    {
      "test/only.js":
        "import { createRequire, syncBuiltinESMExports } from 'node:module';\nconst test = createRequire(import.meta.url)('node:test');\nfor (const name of ['test', 'it']) test[name] = () => {};\n",
      "test/sum.test.js": "import { test } from 'node:test';\nimport './only.js';\ntest('adds', () => {});\n",
    },
  ],
  [
    "a setup file that patches expect",
    "passed",
    vitestTests,
    {
      "vitest.config.ts":
        "import { defineConfig } from 'vitest/config';\nexport default defineConfig({ test: { passWithNoTests: true, retry: 3, setupFiles: ['./setup.ts'] } });\n",
      "setup.ts":
        "import { expect } from 'vitest';\nfor (const name of ['toBe', 'toEqual']) expect.extend({ [name]: () => ({ pass: true, message: () => '' }) });\n",
    },
  ],
  [
    "a runner that turns failures into passes",
    "passed",
    vitestTests,
    {
      "vitest.config.ts":
        "import { defineConfig } from 'vitest/config';\nexport default defineConfig({ test: { runner: './runner.ts' } });\n",
      "runner.ts":
        "import { TestRunner } from 'vitest';\nexport default class extends TestRunner {\n  onAfterRunTask(task: any) {\n    if (task.result) Object.assign(task.result, { state: 'pass', errors: undefined });\n    return super.onAfterRunTask(task);\n  }\n}\n",
    },
  ],
  [
    "node options of .npmrc",
    "passed",
    vitestTests,
    {
      ".npmrc": "node-options=--import ./patch.mjs\n",
      "patch.mjs":
        "import fs from 'node:fs';\nconst write = fs.promises.writeFile;\nlet cut = false;\nfs.promises.writeFile = (file, text, ...rest) => {\n  if (typeof text === 'string' && text.includes('<failure')) cut = true;\n  const kept = cut ? '' : text;\n  if (typeof text === 'string' && text.includes('</failure>')) cut = false;\n  return write(file, kept, ...rest);\n};\n",
    },
  ],
  ["a hook of pytest that turns failures into passes", "passed", pytestTests, { "conftest.py": makeReport }],
  [
    "a hook of pytest that leaves out tests",
    "missing",
    pytestTests,
    {
      "conftest.py":
        "def pytest_collection_modifyitems(items):\n    items[:] = [item for item in items if item.name == 'test_adds']\n",
    },
  ],
  ["statements of Python that are left out", "passed", unittestTests, {}, { env: { PYTHONOPTIMIZE: "1" } }],
];

describe("the canary tells of", () => {
  it.for(dishonest)("%s", async ([, outcome, kind, files, tests], { skip }) => {
    skip(kind.isThere === false);
    expect(await canaryOf(kind, files, tests)).toMatchObject({ outcome });
  });
});

it("a configuration that the task itself wrote is no excuse for a canary that is missing", async ({ skip }) => {
  skip(!hasPytest);
  await using bench = await openEvidenceBenchOn(shared, pytestTests.files, pytestTests.tests);
  const tree = await changed(bench, {
    "pytest.ini": "[pytest]\naddopts = -m fast\nmarkers = fast: is fast\n",
    "tests/test_add.py": "import pytest\n\n@pytest.mark.fast\ndef test_adds():\n    assert True\n",
  });
  expect((await testsOf(bench, tree, { canary: "if_reported" })).canary).toMatchObject({ outcome: "missing" });
});

describe("a rule that each test needs a mark", () => {
  const marked = "import pytest\n\n@pytest.mark.fast\ndef test_adds():\n    assert True\n";
  const configuration = "[pytest]\nmarkers = fast: is fast\n";
  const rule =
    "import pytest\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        if not item.get_closest_marker('fast'):\n            raise pytest.UsageError(f'{item.nodeid} has no mark')\n";
  const files = { ...pytestTests.files, "pytest.ini": configuration };
  // All tests of the base have the mark by their module, so that the canary would have it there.
  const ofBase = {
    "tests/test_add.py": `import pytest\n\npytestmark = pytest.mark.fast\n\ndef test_adds():\n    assert True\n`,
  };
  const canaryAfter = async (base: Files, task: Files) => {
    await using bench = await openEvidenceBenchOn(shared, { ...files, ...base }, pytestTests.tests);
    return (await testsOf(bench, await changed(bench, task), { canary: "if_reported" })).canary;
  };

  it("makes it not applicable where it is the base's, and shows what was printed", async ({ skip }) => {
    skip(!hasPytest);
    const canary = await canaryAfter({ ...ofBase, "tests/conftest.py": rule }, { "tests/test_more.py": marked });
    expect(canary).toMatchObject({
      outcome: "not_applicable",
      seen: expect.stringMatching(/test_more\.py.*has no mark/),
    });
  });

  it("is no excuse where the task brought it", async ({ skip }) => {
    skip(!hasPytest);
    const canary = await canaryAfter(ofBase, { "tests/conftest.py": rule, "tests/test_more.py": marked });
    expect(canary).toMatchObject({ outcome: "missing", seen: expect.stringMatching(/the run printed `.*has no mark/) });
  });
});

describe("a canary is not_applicable", () => {
  it.for<readonly [string, Kind, Files, JsonObject]>([
    ["to a command of the project's own", nodeTests, {}, { command: `sh run.sh {report}` }],
    ["to a command that names tests", nodeTests, {}, { command: `${nodeCommand} --test-name-pattern=adds` }],
    [
      "to tests that are chosen by mark",
      pytestTests,
      {
        "pytest.ini": "[pytest]\naddopts = -m fast\nmarkers = fast: is fast\n",
        "tests/test_add.py": "import pytest\n\n@pytest.mark.fast\ndef test_adds():\n    assert True\n",
      },
      {},
    ],
  ])("%s", async ([, kind, files, tests], { skip }) => {
    skip(kind.isThere === false);
    const script = `exec ${nodeCommand.replace("{report}", '"$1"')}\n`;
    expect(await canaryOf(kind, { "run.sh": script, ...files }, tests)).toMatchObject({ outcome: "not_applicable" });
  });
});
