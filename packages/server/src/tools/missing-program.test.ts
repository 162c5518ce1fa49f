import { compileWorkflow, loadWorkflow } from "@phasegate/workflow";
import { expect, test } from "vitest";
import { missingProgramWarnings } from "./missing-program.ts";

function workflowWith(section: string) {
  const text = `name: shop\n${section}phases:\n  - { id: PLAN, tools: [bash] }\n  - { id: DONE, tools: [read] }\n`;
  const loaded = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: () => null });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return compileWorkflow(loaded.stored);
}

const withSetup = workflowWith("workspace: { setup: npm ci }\n");

test("who misses a program that setup installs is told of `run_tests`", () => {
  expect(missingProgramWarnings({ exit_code: 127 }, withSetup)).toEqual([
    "commands do not see what `workspace.setup` installs; `run_tests` runs the tests with it",
  ]);
});

test("so is who lets npx fetch one without network, and not who only prints that", () => {
  const stderr = "npm error code ENOTCACHED\nnpm error request to https://registry.npmjs.org/vitest failed\n";
  expect(missingProgramWarnings({ exit_code: 1, stderr }, withSetup)).toHaveLength(1);
  expect(missingProgramWarnings({ exit_code: 0, stderr }, withSetup)).toEqual([]);
  expect(missingProgramWarnings({ exit_code: 1, stderr: "see npm error code ENOTCACHED\n" }, withSetup)).toEqual([]);
});

test.each(["sh: 1: vitest: not found", "bash: line 3: pytest: command not found", "/bin/sh: 1: jest: not found"])(
  "so is who pipes away the exit code of a shell that says `%s`",
  (said) => {
    expect(missingProgramWarnings({ exit_code: 0, stdout: `> test\n${said}\n`, stderr: "" }, withSetup)).toHaveLength(
      1,
    );
    expect(missingProgramWarnings({ exit_code: 0, stdout: `  says ${said}\n` }, withSetup)).toEqual([]);
  },
);

test("nothing is said of other failures, or where there is no setup", () => {
  expect(missingProgramWarnings({ exit_code: 1 }, withSetup)).toEqual([]);
  expect(missingProgramWarnings(null, withSetup)).toEqual([]);
  expect(missingProgramWarnings({ exit_code: 127 }, workflowWith(""))).toEqual([]);
});
