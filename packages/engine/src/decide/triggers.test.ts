import type { TaskId } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { ada, eve, olga, server } from "../testing/principals.ts";
import { claimedStory, phases } from "../testing/stories.ts";
import { operationId, Story, taskId } from "../testing/story.ts";
import { filesOf, treeOf } from "../testing/trees.ts";
import { type PhaseOptions, workflowOf } from "../testing/workflow.ts";
import { triggersOf } from "./triggers.ts";

/** Ada has gone from PLAN to DONE. */
function storyOf(first: Partial<PhaseOptions>, last: Partial<PhaseOptions> = {}): Story {
  const story = claimedStory(
    workflowOf({
      phases: [
        { id: "PLAN", tools: ["read_files"], ...first },
        { ...phases.done, ...last, rework: ["PLAN"] },
      ],
    }),
  );
  story.transition("DONE");
  return story;
}

function record(story: Story, changes: Partial<{ index: number; status: "done" | "failed" }> = {}, who = server) {
  return story.do(who, {
    type: "record_trigger",
    operationId,
    index: 0,
    status: "done",
    detail: null,
    resultDigest: null,
    spawned: [],
    ...changes,
  });
}

const params = { message: "look at it" };

describe("the triggers of a transition", () => {
  it("are pending from its event on, in their order", () => {
    const story = storyOf({
      triggers: [
        { action: "notify_human", params },
        { action: "command", params: {} },
      ],
    });
    expect(story.task.triggers).toMatchObject([
      { index: 0, action: "notify_human", from: "PLAN", to: "DONE", entry: 2, status: "pending" },
      { index: 1, action: "command", status: "pending" },
    ]);
  });

  it("include the reviews that the phase which is entered asks for, once", () => {
    const spawn = { action: "spawn_review_agents", params: {} };
    const models = { models: ["security"] };
    const both = storyOf({ triggers: [spawn] }, { reviewModels: ["security"] });
    expect(triggersOf(both.workflow, "PLAN", "DONE")).toEqual([{ ...spawn, params: models }]);
    const own = storyOf({ triggers: [{ ...spawn, params: { models: ["style"] } }] }, { reviewModels: ["security"] });
    expect(triggersOf(own.workflow, "PLAN", "DONE")).toEqual([{ ...spawn, params: { models: ["style"] } }]);
    const asked = storyOf({}, { reviewModels: ["security"] });
    expect(asked.task.triggers).toMatchObject([{ action: "spawn_review_agents", index: 0 }]);
    expect(triggersOf(storyOf({ triggers: [spawn] }).workflow, "PLAN", "DONE")).toEqual([
      { ...spawn, params: { models: ["general"] } },
    ]);
  });
});

describe("record_trigger", () => {
  it.each([
    ["notify_human", { audience: "human", reason: "trigger", webhook: null, message: "look at it" }],
    ["notify_orchestrator", { audience: "orchestrator", reason: "trigger", webhook: null }],
    ["escalate", { audience: "human", reason: "escalation", webhook: null }],
    ["webhook", { audience: "webhook", reason: "trigger", webhook: "pager" }],
  ])("of %s asks for its notification in the same commit", (action, notification) => {
    const story = storyOf({ triggers: [{ action, params: { ...params, name: "pager" } }] });
    record(story);
    expect(story.recorded()).toEqual(["trigger.executed", "notification.requested"]);
    expect(story.events.at(-1)?.data).toMatchObject(notification);
  });

  it("settles once, and a failure asks for nothing and takes nothing back", () => {
    const story = storyOf({ triggers: [{ action: "notify_human", params }] });
    const before = story.task;
    record(story, { status: "failed" });
    expect(story.recorded()).toEqual(["trigger.executed"]);
    expect(story.task).toMatchObject({ phase: "DONE", status: "active", epoch: before.epoch, entry: before.entry });
    record(story);
    expect(story.recorded()).toEqual([]);
    record(story, { index: 7 });
    expect(story.recorded()).toEqual([]);
  });

  it("of a task that has ended is recorded still", () => {
    const story = storyOf({ triggers: [{ action: "notify_human", params }] });
    story.do(olga, { type: "cancel", reason: "enough" });
    record(story);
    expect(story.recorded()).toEqual(["trigger.executed", "notification.requested"]);
    expect(story.task.status).toBe("cancelled");
  });

  it("of retry asks for a person once the phase was entered too often", () => {
    const retry = [{ action: "retry", params: { max_attempts: 1 } }];
    const story = storyOf({ triggers: retry });
    record(story);
    expect(story.recorded()).toEqual(["trigger.executed"]);
    story.transition("PLAN");
    story.transition("DONE", { operationId: "op_2" as typeof operationId });
    story.do(server, {
      type: "record_trigger",
      operationId: story.task.triggers.at(-1)?.operationId ?? operationId,
      index: 0,
      status: "done",
      detail: null,
      resultDigest: null,
      spawned: [],
    });
    expect(story.events.at(-1)?.data).toMatchObject({ audience: "human", reason: "escalation" });
  });

  it("is the server's alone", () => {
    for (const who of [ada, eve, olga]) {
      const story = storyOf({ triggers: [{ action: "notify_human", params }] });
      record(story, {}, who);
      expect(story.codes()).toEqual(["forbidden"]);
      expect(story.task.triggers).toMatchObject([{ status: "pending" }]);
    }
  });
});

describe("a task that a trigger makes", () => {
  function create(spawnedBy: { depth: number; siblings: number }) {
    const story = new Story(workflowOf({ phases: [phases.plan, phases.done] }), { files: filesOf({}) });
    const decision = story.do(server, {
      type: "create",
      taskId,
      title: "next",
      description: null,
      priority: 0,
      capabilities: [],
      labels: [],
      dependencies: [],
      workflowDigest: story.workflow.digest,
      base: { ref: "main", commit: "0".repeat(40) },
      tree: treeOf(filesOf({})),
      adHoc: false,
      spawnedBy: { taskId: "task_parent" as TaskId, ...spawnedBy },
    });
    return { story, decision };
  }

  it("knows whom it comes from, and how far it lies from what people made", () => {
    const { story } = create({ depth: 1, siblings: 49 });
    expect(story.task.spawnedBy).toEqual({ taskId: "task_parent", depth: 2 });
  });

  it.each([
    { depth: 2, siblings: 0 },
    { depth: 0, siblings: 50 },
  ])("is not made past the bounds: %j", (spawnedBy) => {
    expect(create(spawnedBy).decision).toMatchObject({ effect: "deny", reasons: [{ code: "limit_exceeded" }] });
  });
});
