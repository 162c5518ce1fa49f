import { describe, expect, test } from "vitest";
import { compileWorkflow } from "../compile/compile-workflow.ts";
import { loadWorkflow } from "../load-workflow.ts";
import type { CompiledCheck, CompiledWorkflow } from "../model/compiled.ts";
import { changed } from "../checks/testing/check-case.ts";
import { now, onBase } from "../checks/testing/run-case.ts";
import { treeOfBaseTests } from "./base-tests.ts";
import { baseTestPaths, commandKey, evidenceNeeded, redTreePaths, textsForEvidence, textsForTree } from "./needed.ts";
import { evidenceWorkflow } from "./settings.ts";

function compiled(gate: string): CompiledWorkflow {
  const text = `name: x
evidence: { tests: { preset: pytest, env: { CI: "1" }, retries: 0 }, coverage: { minimum: 80 } }
phases:
  - { id: A, tools: [edit], write: [test/**, "package.json#/devDependencies"], gate: ${gate} }
`;
  const outcome = loadWorkflow({ file: "w.yaml", text, resolve: () => null });
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ message }) => message).join("; "));
  return compileWorkflow(outcome.stored);
}

function checksOf(gate: string): readonly CompiledCheck[] {
  return compiled(gate).initialPhase.exits.flatMap(({ gates }) => gates.flatMap(({ checks }) => checks));
}

describe("the runs that checks ask for", () => {
  const none = {
    base: false,
    red: false,
    current: false,
    redAgain: false,
    baseTests: false,
    commands: [],
    coverage: false,
  };

  test.each([
    ["red", { ...none, base: true, red: true }],
    ["green", { ...none, base: true, current: true, redAgain: true }],
    ["base_tests", { ...none, base: true, baseTests: true }],
    ["no_skipped_tests", { ...none, base: true, current: true }],
    ["coverage", { ...none, current: true, coverage: true }],
    ["tests_were_run", { ...none, current: true }],
    ["[red, green]", { ...none, base: true, red: true, current: true, redAgain: true }],
    ["{ red: { evidence: self_reported } }", none],
    ["{ reviews: [security], approval: human }", none],
  ])("%s", (gate, needed) => {
    expect(evidenceNeeded(checksOf(gate))).toEqual(needed);
  });

  test("commands, each once, under the key of their parameters", () => {
    const gate = `[{ command: npm run lint }, { command: npm run lint }, { command: { run: make, cwd: "it's", timeout_seconds: 9 } }]`;
    expect(evidenceNeeded(checksOf(gate)).commands).toEqual([
      { key: commandKey({ run: "npm run lint" }), run: "npm run lint", timeoutSeconds: 600 },
      {
        key: commandKey({ run: "make", cwd: "it's", timeout_seconds: 9 }),
        run: `cd -- 'it'\\''s' || exit 1\nmake`,
        timeoutSeconds: 9,
      },
    ]);
  });
});

test("over the base lies what the phase may write, and nothing that is protected", () => {
  const isLaid = redTreePaths(compiled("red").initialPhase);
  const paths = ["test/a.test.ts", "package.json", "src/a.ts", "w.yaml", ".git/config", "../test/a.ts"];
  expect(paths.filter(isLaid)).toEqual(["test/a.test.ts", "package.json"]);
});

test("as the base has them are tests, and what only phases of red tests may write, and no product that is called like a test", () => {
  const text = `name: x
evidence: { tests: { preset: pytest } }
phases:
  - { id: TDD, tools: [edit], write: ["test/**", conftest.py, "src/stubs/**", "rows/**"], freeze: ["rows/**"], gate: red }
  - { id: IMPL, tools: [edit], write: ["src/**", "test/golden/**", "rows/**"], gate: [green, base_tests] }
`;
  const outcome = loadWorkflow({ file: "w.yaml", text, resolve: () => null });
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ message }) => message).join("; "));
  const isLaid = baseTestPaths(compileWorkflow(outcome.stored));
  const ofTests = [
    "test/test_a.py",
    "test/data.json",
    "test/golden/a.txt",
    "conftest.py",
    "spec/a.py",
    "rows/a.csv",
    "src/__mocks__/a.js",
  ];
  const ofProduct = ["src/stubs/a.py", "src/a.py", "src/spec/rates.py", "src/a.test.js", "README.md", "w.yaml"];
  expect([...ofTests, ...ofProduct].filter(isLaid)).toEqual(ofTests);
});

test("files called like tests in which tests ran are tests: the base's as it has them, new ones not at all", () => {
  const text = `name: x
evidence: { tests: { preset: pytest } }
phases:
  - { id: TDD, tools: [edit], write: ["test/**"], freeze: ["test/**"], gate: red }
  - { id: IMPL, tools: [edit], write: ["src/**"], gate: [green, base_tests] }
`;
  const outcome = loadWorkflow({ file: "w.yaml", text, resolve: () => null });
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ message }) => message).join("; "));
  const workflow = compileWorkflow(outcome.stored);
  const base = onBase({ "src/test_old.py": { old: "passed" }, "src/part.py": { example: "passed" } });
  const current = now({ "src/test_new.py": { new: "passed" }, "src/part.py": { example: "passed" } });
  const { include, without } = treeOfBaseTests(workflow, { base, current });
  const paths = ["src/test_old.py", "src/test_new.py", "src/part.py", "src/test_product.py"];
  expect([paths.filter(include), [...without]]).toEqual([["src/test_old.py"], ["src/test_new.py"]]);
  expect(treeOfBaseTests(workflow, { base, current: undefined }).without.size).toBe(0);

  const unplaced = onBase({ "": { old: "passed" } });
  const laid = (phases: string) => {
    const edits = loadWorkflow({ file: "w.yaml", text: text.replace(/phases:[^]*/, phases), resolve: () => null });
    if (!edits.ok) throw new Error("the workflow is wrong");
    const compiled = compileWorkflow(edits.stored);
    return ["tests/test_old.py", "src/part.py"].filter(
      treeOfBaseTests(compiled, { base: unplaced, current: undefined }).include,
    );
  };
  const edit = `{ id: EDIT, tools: [edit], write: ["**"], gate: [green, base_tests] }`;
  expect(laid(`phases:\n  - ${edit}\n`)).toEqual(["tests/test_old.py"]);
  expect(laid(`phases:\n  - { id: TDD, tools: [edit], write: ["t/**"], gate: red }\n  - ${edit}\n`)).toEqual([]);
});

test("the texts of what changed are read for green where coverage is measured, those of test files and settings for red too", () => {
  const changes = [
    changed("src/a.ts"),
    changed("src/b.ts", "added"),
    changed("src/c.ts", "deleted"),
    changed("test/a.ts"),
    changed("test/b.ts", "deleted"),
    changed("package.json"),
  ];
  const texts = (gate: string) => textsForEvidence(compiled(gate), compiled(gate).initialPhase, changes);
  expect(texts("green")).toEqual(["src/a.ts", "src/b.ts", "test/a.ts", "test/b.ts", "package.json"]);
  expect(texts("red")).toEqual(["test/a.ts", "test/b.ts", "package.json"]);
  expect(texts("base_tests")).toEqual(["package.json"]);
  expect(texts("{ green: { evidence: self_reported } }")).toEqual([]);
});

test("the texts of all that changed are read where commented-out code is looked for, and else for no check on the tree", () => {
  const changes = [changed("src/a.ts"), changed("src/c.ts", "deleted")];
  const texts = (gate: string) => textsForTree(compiled(gate).initialPhase, changes);
  expect(texts("no_commented_out_code")).toEqual(["src/a.ts"]);
  expect(texts("has_files_changed")).toEqual([]);
});

test("settings are those of the workflow, with what it leaves out filled in", () => {
  const { tests, coverage } = evidenceWorkflow(compiled("red").normalized.evidence);
  expect(tests).toMatchObject({
    prepare: null,
    format: "junit",
    report: null,
    cwd: ".",
    env: { CI: "1" },
    network: "none",
    timeoutSeconds: 600,
    retries: 0,
  });
  expect(coverage).toEqual({
    format: "lcov",
    command: expect.stringContaining("coverage lcov"),
    report: null,
    minimum: 80,
  });
  expect(evidenceWorkflow(null)).toEqual({ tests: null, coverage: null });
});
