import { describe, expect, it } from "vitest";
import { gateOf, waitsFor } from "../testing/checks.ts";
import { ada } from "../testing/principals.ts";
import { claimedStory, fourPhases, phases, storyInDone, storyInImpl, storyInTdd } from "../testing/stories.ts";
import { operationId } from "../testing/story.ts";
import { changesBetween, filesOf } from "../testing/trees.ts";
import { summaryArtifact, workflowOf } from "../testing/workflow.ts";
import { readyToComplete } from "./completion.ts";
import { contentsNeeded, factsNeeded } from "./facts-needed.ts";

describe("factsNeeded", () => {
  it("of a transition are the tree against entry and freezes, the artifacts, and what the checks need", () => {
    const tdd = { ...phases.tdd, gates: [gateOf("red", waitsFor("evidence"))] };
    const workflow = workflowOf({ phases: [phases.plan, tdd, phases.impl] });
    const story = storyInTdd(workflow);
    const command = {
      type: "request_transition" as const,
      operationId,
      token: story.token(),
      currentPhase: "TDD",
      targetPhase: "IMPL",
      submitted: { notes: story.task.entryTree },
      newTokenId: story.nextTokenId(),
    };
    expect(factsNeeded(story.task, command, workflow)).toEqual({
      kinds: ["tree", "artifacts", "evidence"],
      compareWith: [story.task.entryTree],
      artifactTypes: ["plan", "notes"],
      dependencies: [],
    });
    story.do(ada, command, { tree: story.treeNow(), artifacts: {} });
    const resume = { type: "resume_transition" as const, operationId, newTokenId: story.nextTokenId() };
    expect(factsNeeded(story.task, resume, workflow).kinds).toEqual(["tree", "artifacts", "evidence"]);
  });

  it("of a claim are the dependencies", () => {
    const story = claimedStory();
    const task = { ...story.task, dependencies: ["task_2" as never] };
    const claim = {
      type: "claim" as const,
      agentId: "ada",
      capabilities: [],
      assurance: "sandboxed" as const,
      tokenId: story.nextTokenId(),
      named: false,
    };
    expect(factsNeeded(task, claim, story.workflow).dependencies).toEqual(["task_2"]);
  });

  it("of a review is the tree that it must be of", () => {
    const story = claimedStory();
    const issues = { blocking: 0, warning: 0, info: 0 };
    const { baseTree: tree } = story.task;
    const review = { type: "submit_review" as const, model: "security", tree, verdict: "passed" as const, issues };
    expect(factsNeeded(story.task, { ...review, resultDigest: tree }, story.workflow).kinds).toEqual(["tree"]);
  });

  it("of trees are those of entry, base and freezes", () => {
    const story = storyInImpl();
    const command = { type: "request_transition" as const, operationId, token: story.token(), currentPhase: "IMPL" };
    const needed = factsNeeded(
      { ...story.task, entryTree: "sha256:entry" as never },
      { ...command, targetPhase: "DONE", submitted: {}, newTokenId: story.nextTokenId() },
      story.workflow,
    );
    expect(needed.compareWith).toEqual(["sha256:entry", story.task.baseTree, story.task.freezes[0]?.tree]);
  });
});

describe("contentsNeeded", () => {
  it("names the changed paths that a rule looks into", () => {
    const story = storyInTdd();
    const changes = changesBetween(filesOf({}), filesOf({ "package.json": "{}", "src/a.ts": "" }));
    expect(contentsNeeded(story.task, story.workflow, changes)).toEqual(["package.json"]);
  });
});

describe("readyToComplete", () => {
  it("is a task in its last phase with all required artifacts submitted", () => {
    expect(readyToComplete(storyInImpl().task, fourPhases())).toBe(false);
    expect(readyToComplete(storyInDone().task, fourPhases())).toBe(true);
    const demanding = workflowOf({ phases: [{ id: "ONLY", artifacts: [summaryArtifact("report")] }] });
    expect(readyToComplete(claimedStory(demanding).task, demanding)).toBe(false);
  });
});
