import { compileWorkflow, type CompiledWorkflow, loadWorkflow } from "@phasegate/workflow";
import { describe, expect, it } from "vitest";
import { filesWith } from "./testing/stories.ts";
import { Story } from "./testing/story.ts";
import { filesOf } from "./testing/trees.ts";

const text = `
name: real
paths:
  tests: ["test/**"]
  source: ["src/**"]
phases:
  - { id: PLAN, tools: [read], artifacts: [{ type: plan, schema: plan.json }], gate: plan_has_acceptance_criteria }
  - { id: TDD, tools: [read, edit, bash], write: [$tests], freeze: [$tests], gate: tests_exist }
  - { id: IMPL, tools: [read, edit, bash], write: [$source], gate: tests_unchanged_since }
  - { id: DONE, tools: [] }
`;

const schema = JSON.stringify({ type: "object", required: ["acceptance_criteria"] });
const plan = { plan: { acceptance_criteria: ["it adds"] } };

function compiled(): CompiledWorkflow {
  const loaded = loadWorkflow({
    file: "agent_workflow.yaml",
    text,
    resolve: (path) => (path === "plan.json" ? schema : null),
  });
  if (!loaded.ok) throw new TypeError(loaded.diagnostics.map(({ place, message }) => `${place} ${message}`).join("\n"));
  return compileWorkflow(loaded.stored);
}

describe("a task under a workflow as people write it", () => {
  const workflow = compiled();

  it("goes from the first phase to the last, and completes there", () => {
    const story = new Story(workflow, { files: filesOf({ "src/a.ts": "old" }) });
    story.create();
    story.claim();
    expect(story.transition("TDD").reasons.map(({ code }) => code)).toEqual(["artifact_missing", "gate_blocked"]);
    expect(story.transition("TDD", { artifacts: plan }).effect).toBe("allow");
    expect(story.transition("IMPL", { artifacts: plan }).reasons[0]?.code).toBe("gate_blocked");
    expect(story.run("bash", filesWith(story, { "test/a.test.ts": "red" }), { args: { command: "make" } }).effect).toBe(
      "allow",
    );
    expect(story.transition("IMPL", { artifacts: plan }).effect).toBe("allow");
    story.files = filesWith(story, { "src/a.ts": "new" });
    expect(story.transition("DONE", { artifacts: plan }).effect).toBe("allow");
    expect(story.task).toMatchObject({ status: "completed", phase: "DONE", entry: 4, epoch: 5 });
  });

  it("is told the place of the rule that denied it", () => {
    const story = new Story(workflow, { files: filesOf({ "src/a.ts": "old" }) });
    story.create();
    story.claim();
    expect(story.call("write_files").reasons[0]).toMatchObject({
      code: "tool_not_allowed",
      message: "Tool 'write_files' not allowed in phase 'PLAN'. Allowed tools: read_files, glob, grep, git_diff",
    });
    story.transition("TDD", { artifacts: plan });
    const denied = story.run("bash", filesWith(story, { "src/a.ts": "new" }), { args: { command: "make" } });
    expect(denied.reasons.map(({ code }) => code)).toEqual(["rolled_back", "path_not_allowed"]);
    for (const { rule } of denied.reasons) expect(rule).toMatch(/^agent_workflow\.yaml:8:\d+$/);
  });

  it("cannot touch what was frozen, and can go back to where it was", () => {
    const story = new Story(workflow);
    story.create();
    story.claim();
    story.transition("TDD", { artifacts: plan });
    story.files = filesWith(story, { "test/a.test.ts": "red" });
    story.transition("IMPL", { artifacts: plan });
    const touched = story.call("write_files", { paths: [{ path: "test/a.test.ts", exists: true }] });
    expect(touched.reasons[0]?.code).toBe("path_not_allowed");
    expect(story.transition("TDD").effect).toBe("allow");
    expect(story.task.freezes).toEqual([]);
  });
});
