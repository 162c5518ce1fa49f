import type { JsonValue } from "@phasegate/wire";
import { digestJson } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { grant, resume } from "../testing/approval-stories.ts";
import { approvalBy, gateOf } from "../testing/checks.ts";
import { anna } from "../testing/principals.ts";
import { claimedStory, phases } from "../testing/stories.ts";
import type { Story } from "../testing/story.ts";
import { workflowOf } from "../testing/workflow.ts";
import { replacedArtifacts } from "./resubmission.ts";

const plan = { summary: "s" };
const swapped = { summary: "something else" };

/** In TDD, with the plan approved by a person or by nobody. */
function storyAfterPlan(options: { readonly approved: boolean }): Story {
  const gates = options.approved ? [gateOf("plan_gate", approvalBy())] : [];
  const tdd = { ...phases.tdd, gates: [] };
  const story = claimedStory(workflowOf({ phases: [{ ...phases.plan, gates }, tdd, phases.impl, phases.done] }));
  story.transition("TDD", { artifacts: { plan } });
  if (!options.approved) return story;
  grant(story, anna);
  resume(story, { tree: story.treeNow(), artifacts: { plan } });
  if (story.task.phase !== "TDD") throw new RangeError("the story does not hold");
  return story;
}

function findings(story: Story): readonly (readonly [string, string])[] {
  return (story.last?.findings ?? []).map(({ check, severity }) => [check, severity] as const);
}

describe("an artifact of an earlier phase that a person approved", () => {
  it("is kept when other content is sent later, which is refused", () => {
    const story = storyAfterPlan({ approved: true });
    expect(story.transition("IMPL", { artifacts: { plan: swapped } }).effect).toBe("deny");
    expect(findings(story)).toEqual([["artifact_approved", "blocking"]]);
    expect(story.last?.reasons[0]?.message).toContain("was approved at gate `plan_gate` by `prn_anna`");
    expect(story.last?.reasons[0]?.hint).toContain("go back with a transition to `PLAN`");
    expect(story.recorded()).not.toContain("artifact.submitted");
    expect(story.task.artifacts["plan"]?.digest).toBe(digestJson(plan));
  });

  it("may be sent again as it is", () => {
    const story = storyAfterPlan({ approved: true });
    expect(story.transition("IMPL", { artifacts: { plan } }).effect).toBe("allow");
    expect(findings(story)).toEqual([]);
    expect(story.transition("DONE", { artifacts: { plan: swapped } }).effect).toBe("deny");
  });

  it("stays on a way back, which is not held up", () => {
    const story = storyAfterPlan({ approved: true });
    expect(story.transition("PLAN", { artifacts: { plan: swapped } }).effect).toBe("allow");
    expect(findings(story)).toEqual([["artifact_approved", "warning"]]);
    expect(story.task.artifacts["plan"]?.digest).toBe(digestJson(plan));
  });

  it("is replaced in its own phase, and approved anew", () => {
    const story = storyAfterPlan({ approved: true });
    story.transition("PLAN");
    expect(story.transition("TDD", { artifacts: { plan: swapped } })).toMatchObject({ effect: "pending" });
    expect(story.task.artifacts["plan"]).toMatchObject({ digest: digestJson(swapped), approved: null, replaced: null });
  });
});

describe("an artifact of an earlier phase that nobody approved", () => {
  it("is replaced with a warning that stands until it is approved or put back", () => {
    const story = storyAfterPlan({ approved: false });
    expect(story.transition("IMPL", { artifacts: { plan: swapped } }).effect).toBe("allow");
    expect(findings(story)).toEqual([["artifact_replaced", "warning"]]);
    const message = `the artifact \`plan\` of phase \`PLAN\` was replaced in phase \`TDD\`: \`${digestJson(plan)}\` before, \`${digestJson(swapped)}\` now`;
    expect(story.last?.warnings.map((reason) => reason.message)).toEqual([message]);
    expect(replacedArtifacts(story.task).map((finding) => finding.message)).toEqual([message]);
    story.transition("DONE", { artifacts: { plan: swapped } });
    expect(replacedArtifacts(story.task)).toHaveLength(1);
    story.transition("DONE", { artifacts: { plan } });
    expect(replacedArtifacts(story.task)).toEqual([]);
  });

  it.each<[string, JsonValue]>([
    ["does not fit its schema", { criteria: [] }],
    ["is nothing", null],
  ])("is kept when what is sent %s", (_, body) => {
    const story = storyAfterPlan({ approved: false });
    expect(story.transition("IMPL", { artifacts: { plan: body } }).effect).toBe("deny");
    expect(findings(story)).toEqual([["artifact_invalid", "blocking"]]);
    expect(story.task.artifacts["plan"]?.digest).toBe(digestJson(plan));
  });

  it("may have others of no phase beside it", () => {
    const story = storyAfterPlan({ approved: false });
    story.transition("IMPL", { artifacts: { removed_tests: ["a"], report: {} } });
    expect(story.last).toMatchObject({ effect: "allow", findings: [] });
    expect(Object.keys(story.task.artifacts)).toEqual(["plan", "removed_tests", "report"]);
  });
});
