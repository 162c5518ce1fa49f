import { describe, expect, test } from "vitest";
import { compileWorkflow } from "../compile/compile-workflow.ts";
import { loadWorkflow } from "../load-workflow.ts";
import { coverageTests } from "./coverage-tests.ts";

const steps = `phases:
  - { id: TDD, tools: [edit], write: ["test/**"], freeze: ["test/**", "src/frozen/**"], gate: red }
  - { id: IMPL, tools: [edit], write: ["src/**"], freeze: ["src/**"], gate: [green, coverage] }
  - { id: REVIEW, tools: [read] }
`;
const free = `phases:
  - { id: BUILD, tools: [edit], write: ["**"], gate: [green, coverage] }
`;

interface Given {
  readonly phases?: string;
  /** Path to text of what is new. */
  readonly added?: Readonly<Record<string, string>>;
  readonly modified?: Readonly<Record<string, string>>;
  /** Files in which a test ran. */
  readonly ran?: readonly (string | null)[];
  readonly skipped?: readonly string[];
}

function isTest(
  path: string,
  { phases = steps, added = {}, modified = {}, ran = ["test/a.test.js"], skipped = [] }: Given,
) {
  const outcome = loadWorkflow({
    file: "w.yaml",
    text: `name: x\nevidence: { tests: { preset: node }, coverage: { minimum: 80 } }\n${phases}`,
    resolve: () => null,
  });
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ message }) => message).join("; "));
  const changed = new Map([
    ...Object.keys(added).map((name) => [name, true] as const),
    ...Object.keys(modified).map((name) => [name, false] as const),
  ]);
  const texts: Readonly<Record<string, string>> = { ...added, ...modified };
  const cases = [
    ...ran.map((file) => ({ file, outcome: "passed" as const })),
    ...skipped.map((file) => ({ file, outcome: "skipped" as const })),
  ];
  return coverageTests({
    workflow: compileWorkflow(outcome.stored),
    changed,
    cases,
    textOf: (name) => texts[name] ?? null,
  })(path);
}

describe("named like a test, and counted as product code:", () => {
  test.each<[rule: string, path: string, given: Given]>([
    ["what runs no case beside the sources", "src/helper.test.js", {}],
    ["what lies in a folder of tests below the sources", "src/test/more.js", {}],
    ["what only holds skipped tests", "src/a.test.js", { skipped: ["src/a.test.js"] }],
    [
      "what runs a case, and product code loads",
      "src/a.test.js",
      { ran: ["src/a.test.js"], added: { "src/index.js": 'export * from "./a.test.js";' } },
    ],
    [
      "what the phase of tests wrote, and product code loads",
      "test/impl.js",
      { modified: { "src/index.js": 'export * from "../test/impl.js";' } },
    ],
    [
      "what product code loads through a file of configuration and another one named like a test",
      "test/impl.js",
      {
        added: {
          "src/index.js": 'import "./a.config.js";',
          "src/a.config.js": 'import "../test/more.js";',
          "test/more.js": 'import "./impl.js";',
        },
      },
    ],
    [
      "what product code loads by the `imports` of the manifest",
      "test/support/rates.js",
      {
        added: {
          "src/index.js": 'import { rates } from "#r";',
          "package.json": '{"imports":{"#r":"./test/support/rates.js"}}',
        },
      },
    ],
    [
      "what product code loads in Python from a folder that it puts on the path",
      "test/support/rates.py",
      { added: { "shop/price.py": 'import sys\nsys.path.insert(0, "test/support")\nimport rates\n' } },
    ],
    [
      "what product code loads in Python from a folder that settings put on the path",
      "test/support/rates.py",
      {
        added: {
          "shop/price.py": "import rates\n",
          "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["test/support"]\n',
        },
      },
    ],
    [
      "what product code loads, where no phase freezes anything",
      "src/a.test.js",
      { phases: free, added: { "src/index.js": 'export * from "./a.test.js";' } },
    ],
  ])("%s", (_, path, given) => {
    expect(isTest(path, { ...given, added: { [path]: "", ...given.added } })).toBe(false);
  });
});

describe("left to the tests:", () => {
  test.each<[rule: string, path: string, given: Given]>([
    ["fixtures of the phase of tests", "test/fixtures/order.js", {}],
    ["a conftest of the phase of tests", "test/conftest.py", {}],
    [
      "a setup file of the phase of tests, which configuration names",
      "test/setup.js",
      { added: { "vitest.config.js": 'export default { setupFiles: ["./test/setup.js"] };' } },
    ],
    [
      "what a frozen file beside the tests loads",
      "test/order.js",
      { added: { "src/frozen/order.js": 'import "../../test/order.js";' } },
    ],
    [
      "helpers that only tests load by the `imports` of the manifest",
      "test/support/rates.js",
      {
        added: {
          "src/index.js": 'import { a } from "#a"; import chai from "chai";',
          "package.json":
            '{"imports":{"#a":"./src/a.js","#r":"./test/support/rates.js"},"dependencies":{"chai":"6.0.0"}}',
          "test/rates.test.js": 'import "#r";',
        },
      },
    ],
    [
      "a helper that is called like a dependency",
      "test/chai.js",
      {
        added: {
          "src/index.js": 'import chai from "chai"; import assert from "assert";',
          "package.json": '{"name":"shop","dependencies":{"chai":"6.0.0"},"scripts":{"test":"node --test"}}',
        },
      },
    ],
    [
      "a helper in Python that is called like a module that product code loads",
      "test/redis.py",
      {
        added: {
          "shop/price.py": "import redis\n",
          "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["test"]\n',
        },
      },
    ],
    ["a test beside the sources that ran", "src/a.test.js", { ran: ["src/a.test.js"] }],
    ["helpers where no phase freezes anything", "test/order.js", { phases: free }],
    ["what is named like one where the report names no files", "src/a_test.go", { ran: [null] }],
  ])("%s", (_, path, given) => {
    expect(isTest(path, { ...given, added: { [path]: "", ...given.added } })).toBe(true);
  });

  test("a helper of the base that changed, until product code loads it", () => {
    const modified = { "src/test/order.js": "" };
    expect(isTest("src/test/order.js", { modified })).toBe(true);
    const added = { "src/index.js": 'import "./test/order.js";' };
    expect(isTest("src/test/order.js", { modified, added })).toBe(false);
  });
});

test("product code is no test, whatever loads it", () => {
  expect(isTest("src/a.js", { added: { "src/a.js": "", "test/a.test.js": 'import "../src/a.js";' } })).toBe(false);
});
