import { testRunner, type TestRunnerName } from "./test-runner.ts";

/** How a test that must fail is written for one test runner. */
export interface CanaryTemplate {
  readonly runner: TestRunnerName;
  readonly fileName: RegExp;
  /** Names of files that may configure it. */
  readonly configuration: RegExp;
  /** Names of files that prepare the tests of their folder and of those below it. */
  readonly setup: RegExp;
  /** In its configuration: tests are chosen by name or mark, so that one that is missing says nothing. */
  readonly selects: RegExp;
  /** In its command or configuration: the run ends after a file with a failure, so that only one file shows one. */
  readonly stopsAtFailure: RegExp;
  /** Text to stand behind a test file's own; `token` is in the name of every test of it. */
  write(token: string, file: string): string;
}

/** The runner that a command plainly is, with all tests of its own choice; null where that cannot be told. */
export function canaryTemplate(command: string): CanaryTemplate | null {
  const runner = testRunner(command);
  if (
    /(^|\s)(-t|-k|-m|--grep|--testNamePattern|--test-name-pattern|--test-only|--deselect|--lf|--sw)(\s|=|$)/.test(
      afterModule(command),
    )
  ) {
    return null;
  }
  return runner === null ? null : templates[runner.name];
}

/** A command without the `-m` by which Python names a module. */
function afterModule(command: string): string {
  return command
    .replace(/(\bpython3?(?:\.\d+)?\s+)-m(?=\s)/, "$1")
    .replace(/-m(?=\s+(?:coverage|pytest|unittest)\b)/g, "");
}

const javaScriptFile = /\.[cm]?[jt]sx?$/;
const nodeSelects = /test-name-pattern|test-skip-pattern|test-only/;
const isExclusive = /\b(?:test|it|describe|suite|context)(?:\.\w+)*\.only\b|\bf(?:it|describe)\s*\(/;

const bails = /\bbail\b(?!["']?\s*[=:\s]\s*0\b)/;

const vitest: CanaryTemplate = {
  runner: "vitest",
  fileName: javaScriptFile,
  configuration: /^(vite|vitest)\.(config|workspace|projects)\.\w+$/,
  setup: /^(?:(?:vite|vitest)\.(?:config|workspace|projects)|setup[\w.-]*|[\w.-]*setup)\.\w+$|^package\.json$/,
  selects: /testNamePattern|tagsFilter/,
  stopsAtFailure: bails,
  write: (token, file) => `
;import { test as test_${token}, expect as expect_${token}, assert as assert_${token} } from "vitest";
${thrown(exclusive(`test_${token}`, file), token)}
${expectations(exclusive(`test_${token}`, file), `expect_${token}`, token)}
${exclusive(`test_${token}`, file)}("${token} assert", () => { assert_${token}.equal(1, 2); });
`,
};

const jest: CanaryTemplate = {
  runner: "jest",
  fileName: javaScriptFile,
  configuration: /^(jest\.config\.\w+|package\.json)$/,
  setup: /^(?:jest\.config\.\w+|package\.json|[\w.-]*setup[\w.-]*\.\w+)$/,
  selects: /testNamePattern|injectGlobals/,
  stopsAtFailure: bails,
  write: (token, file) => `
;${thrown(exclusive("globalThis.test", file), token)}
${expectations(exclusive("globalThis.test", file), "globalThis.expect", token)}
`,
};

const nodeTest: CanaryTemplate = {
  runner: "node",
  fileName: javaScriptFile,
  configuration: /^\.npmrc$/,
  setup: /^package\.json$/,
  selects: nodeSelects,
  stopsAtFailure: /(?!)/,
  write(token, file) {
    const options = isExclusive.test(file) ? "{ only: true }" : "{}";
    const asserted = ["a.equal(1, 2)", "a.strictEqual(1, 2)", "a.deepStrictEqual([1], [2])", "a.ok(false)", "a(false)"];
    return `
;(() => {
  const { test } = process.getBuiltinModule("node:test");
  const assert = process.getBuiltinModule("node:assert");
  test("${token} throw", ${options}, () => { throw new Error("${token}"); });
  test("${token} reject", ${options}, async () => { await Promise.reject(new Error("${token}")); });
  for (const [kind, a] of [["assert", assert], ["strict", assert.strict]]) {
${asserted.map((call) => `    test("${token} " + kind + " ${call.split("(")[0] ?? ""}", ${options}, () => { ${call}; });`).join("\n")}
    test("${token} " + kind + " throws", ${options}, () => { a.throws(() => {}); });
    test("${token} " + kind + " rejects", ${options}, async () => { await a.rejects(async () => {}); });
  }
})();
`;
  },
};

const pythonConfiguration = /^(\.?pytest\.ini|pyproject\.toml|tox\.ini|setup\.cfg)$/;

function pythonClass(token: string): string {
  return `

import unittest as unittest_${token}


class Test${token}(unittest_${token}.TestCase):
    def test_${token}_raise(self):
        raise AssertionError("${token}")

    def test_${token}_error(self):
        raise RuntimeError("${token}")

    def test_${token}_statement(self):
        assert 1 == 2

    def test_${token}_equal(self):
        self.assertEqual(1, 2)

    def test_${token}_true(self):
        self.assertTrue(False)

    def test_${token}_raises(self):
        with self.assertRaises(ValueError):
            pass

    def test_${token}_fail(self):
        self.fail("${token}")
`;
}

const pytest: CanaryTemplate = {
  runner: "pytest",
  fileName: /\.py$/,
  configuration: pythonConfiguration,
  setup: /^(?:conftest\.py|\.?pytest\.ini|tox\.ini)$/,
  selects: /(?:^|[\s"'=])(?:-m|-k|--deselect|-p\s*no:unittest)(?=[\s"'=]|$)/m,
  stopsAtFailure: /(?:^|[\s"'=,])(?:-x|--exitfirst|--maxfail)(?=[\s"'=,]|$)/m,
  write: (token) => `${pythonClass(token)}

def test_${token}_function():
    assert 1 == 2


def test_${token}_thrown():
    raise RuntimeError("${token}")
`,
};

const unittest: CanaryTemplate = {
  runner: "unittest",
  // Only these are looked for: tests of another file are those of classes that one of them imports.
  fileName: /(?:^|\/)test[^/]*\.py$/,
  configuration: /^__init__\.py$/,
  setup: /^__init__\.py$/,
  selects: /\bload_tests\b/,
  stopsAtFailure: /(?!)/,
  write: pythonClass,
};

const templates: Readonly<Record<TestRunnerName, CanaryTemplate>> = { vitest, jest, node: nodeTest, pytest, unittest };

function exclusive(test: string, file: string): string {
  return isExclusive.test(file) ? `${test}.only` : test;
}

function thrown(test: string, token: string): string {
  return `${test}("${token} throw", () => { throw new Error("${token}"); });
${test}("${token} reject", async () => { await Promise.reject(new Error("${token}")); });`;
}

function expectations(test: string, expect: string, token: string): string {
  const failing = [
    `${expect}(1).toBe(2)`,
    `${expect}([1]).toEqual([2])`,
    `${expect}({ a: 1 }).toStrictEqual({ a: 2 })`,
    `${expect}(false).toBeTruthy()`,
    `${expect}(() => {}).toThrow()`,
  ];
  return failing.map((call, index) => `${test}("${token} expect ${String(index)}", () => { ${call}; });`).join("\n");
}
