import type { EvidenceFacts, RedIdentity } from "@phasegate/wire";
import { compileWorkflow, type CompiledWorkflow, loadWorkflow } from "@phasegate/workflow";
import { describe, expect, it } from "vitest";
import { anna, rex, server } from "./testing/principals.ts";
import { record, runOf } from "./testing/runs.ts";
import { filesWith } from "./testing/stories.ts";
import { operationId, Story } from "./testing/story.ts";
import { filesOf, treeOf } from "./testing/trees.ts";

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

function compiled(source = text): CompiledWorkflow {
  const loaded = loadWorkflow({
    file: "agent_workflow.yaml",
    text: source,
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

describe("a task under red, green, reviews and an approval", () => {
  const source = `
name: evidence
paths:
  tests: ["test/**"]
  source: ["src/**"]
evidence:
  tests: { preset: node }
phases:
  - { id: TDD, tools: [read, edit], write: [$tests], freeze: [$tests], gate: red }
  - { id: IMPL, tools: [read, edit], write: [$source], gate: green }
  - { id: REVIEW, tools: [read], gate: { reviews: [security], approval: human } }
  - { id: DONE, tools: [] }
`;

  /** Runs what the gate needs, as the server does, and judges again. */
  function judge(
    story: Story,
    runs: Pick<EvidenceFacts, "base" | "red" | "redAgain" | "current">,
    names: readonly RedIdentity[] = [],
  ) {
    for (const purpose of ["base", "red", "current"] as const) {
      const run = runs[purpose];
      if (run) record(story, purpose, run, { sourceTree: purpose === "red" ? treeOf(story.files) : null });
    }
    for (const run of runs.redAgain ?? []) record(story, "red_again", run);
    const resume = { type: "resume_transition" as const, operationId, newTokenId: story.nextTokenId() };
    const evidence = { ...runs, redIdentities: names, passedEarlier: [] };
    const decision = story.do(server, resume, { tree: story.treeNow(), artifacts: {}, evidence });
    story.save();
    return decision;
  }

  it("goes from a failing test to a passing one, and is done when people said so", () => {
    const story = new Story(compiled(source), { files: filesOf({ "src/a.ts": "old" }) });
    story.create();
    story.claim();
    const base = runOf("base", story.task.baseTree, {});
    story.files = filesWith(story, { "test/a.test.ts": "expect(add(1, 2)).toBe(3)" });
    expect(story.transition("IMPL")).toMatchObject({ effect: "pending", needs: ["evidence"] });
    const early = judge(story, { base, red: runOf("early", treeOf(story.files), { adds: "passed" }) });
    expect(early.reasons[0]).toMatchObject({ code: "gate_blocked" });
    story.transition("IMPL");
    const passed = judge(story, { base, red: runOf("red", treeOf(story.files), { adds: "failed" }) });
    expect(passed.effect).toBe("allow");
    const red = passed.payloads?.[0]?.body as unknown as readonly RedIdentity[];
    expect(red).toMatchObject([{ identity: "adds", file: "test/a.test.ts" }]);

    story.files = filesWith(story, { "src/a.ts": "return a + b" });
    story.transition("REVIEW");
    const current = runOf("current", treeOf(story.files), { adds: "passed" });
    expect(judge(story, { base, current: { ...current, cases: [] } }, red).effect).toBe("deny");
    story.transition("REVIEW");
    const again = { ...current, evidenceId: runOf("again", current.tree).evidenceId };
    expect(judge(story, { base, current: again }, red).effect).toBe("deny");
    story.transition("REVIEW");
    const { tree: ofRed, ...asEarlierVersionsKept } = red[0]!;
    expect(judge(story, { base, current: again, redAgain: [] }, [asEarlierVersionsKept]).reasons).toMatchObject([
      {
        code: "gate_blocked",
        hint: "go back by a rework transition to the phase that wrote them, and pass its gate again",
      },
    ]);
    story.transition("REVIEW");
    const redAgain = [runOf("red again", ofRed!, { adds: "failed" })];
    expect(judge(story, { base, current: again, redAgain }, red).effect).toBe("allow");

    expect(story.transition("DONE").effect).toBe("deny");
    const review = { model: "security", tree: treeOf(story.files), verdict: "passed" as const };
    const issues = { blocking: 0, warning: 0, info: 0 };
    const submit = { type: "submit_review" as const, ...review, issues, resultDigest: current.key };
    story.do(rex, submit, { tree: story.treeNow() });
    const asked = story.transition("DONE");
    expect(asked).toMatchObject({ effect: "pending", needs: ["approvals"] });
    const { id, digest } = asked.approval ?? { id: "" as never, digest: current.key };
    story.do(anna, { type: "grant_approval", approvalId: id, digest, comment: "" });
    const resume = { type: "resume_transition" as const, operationId, newTokenId: story.nextTokenId() };
    expect(story.do(server, resume, { tree: story.treeNow() }).effect).toBe("allow");
    expect(story.task).toMatchObject({ status: "completed", phase: "DONE" });
  });
});
