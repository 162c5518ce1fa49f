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

test("nothing is said of other failures, or where there is no setup", () => {
  expect(missingProgramWarnings({ exit_code: 1 }, withSetup)).toEqual([]);
  expect(missingProgramWarnings(null, withSetup)).toEqual([]);
  expect(missingProgramWarnings({ exit_code: 127 }, workflowWith(""))).toEqual([]);
});
