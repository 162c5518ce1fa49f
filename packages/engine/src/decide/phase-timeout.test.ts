import type { BlockerId } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { approvalBy, gateOf } from "../testing/checks.ts";
import { ada, bob, eve, olga, server } from "../testing/principals.ts";
import { claimedStory, phases } from "../testing/stories.ts";
import { Story } from "../testing/story.ts";
import { filesOf } from "../testing/trees.ts";
import { type PhaseOptions, workflowOf } from "../testing/workflow.ts";

type Action = NonNullable<PhaseOptions["timeLimit"]>["action"];

const blockerId = "blk_1" as BlockerId;

function timedWorkflow(action: Action, first: Partial<PhaseOptions> = {}) {
  const timeLimit = { seconds: 60, action };
  return workflowOf({
    phases: [{ id: "PLAN", tools: ["read_files"], timeLimit, ...first }, phases.done],
  });
}

/** Ada has held the task in PLAN for as long as it may last. */
function storyAtItsTime(action: Action, first: Partial<PhaseOptions> = {}): Story {
  const story = claimedStory(timedWorkflow(action, first));
  story.now += 60_000;
  return story;
}

function expire(story: Story, entry = story.task.entry, who = server) {
  return story.do(who, { type: "expire_phase", entry, blockerId });
}

describe("expire_phase", () => {
  it("escalates once: a blocker stands until an operator lifts it", () => {
    const story = storyAtItsTime("escalate");
    expire(story);
    expect(story.recorded()).toEqual(["phase.timed_out", "notification.requested", "blocker.recorded"]);
    expect(story.task).toMatchObject({ status: "active", timedOut: true, holder: { principal: ada.id } });
    expect(story.transition("DONE").reasons).toMatchObject([{ code: "blocker_open" }]);
    expire(story);
    expect(story.recorded()).toEqual([]);
    story.do(ada, { type: "resolve_blocker", blockerId });
    expect(story.codes()).toEqual(["forbidden"]);
    story.do(olga, { type: "resolve_blocker", blockerId });
    expect(story.transition("DONE").effect).toBe("allow");
  });

  it("fails the task where the phase says so, with all that it waits for", () => {
    const story = storyAtItsTime("fail", { gates: [gateOf("release", approvalBy())] });
    story.transition("DONE");
    expect(story.task.status).toBe("awaiting_approval");
    expire(story);
    expect(story.task).toMatchObject({ status: "failed", holder: null, approvals: [{ status: "withdrawn" }] });
  });

  it("offers the task again where the phase reopens, and its time begins with the next claim", () => {
    const story = storyAtItsTime("reopen");
    const token = story.token();
    expire(story);
    expect(story.task).toMatchObject({ status: "ready", phase: "PLAN", entry: 1, holder: null, workedSince: null });
    expect(story.call("read_files", { token }).effect).toBe("deny");
    story.now += 600_000;
    expire(story);
    expect(story.recorded()).toEqual([]);
    story.claim(bob);
    expire(story);
    expect(story.recorded()).toEqual([]);
    story.now += 60_000;
    expire(story);
    expect(story.recorded()).toContain("task.reassigned");
  });

  it("leaves a stay alone that is in time, over, or of no holder yet", () => {
    const story = storyAtItsTime("fail");
    story.now -= 1;
    expire(story);
    expect(story.recorded()).toEqual([]);
    story.now += 1;
    expire(story, 2);
    expect(story.recorded()).toEqual([]);
    story.transition("DONE");
    expire(story, 1);
    expire(story);
    expect(story.recorded()).toEqual([]);
    const unclaimed = new Story(timedWorkflow("fail"), { files: filesOf({}) });
    unclaimed.create();
    unclaimed.now += 600_000;
    expire(unclaimed);
    expect(unclaimed.recorded()).toEqual([]);
  });

  it("counts from the first claim of the stay, whoever holds it since", () => {
    const story = claimedStory(timedWorkflow("fail"));
    story.now += 59_999;
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    story.claim(ada);
    story.now += 1;
    expire(story);
    expect(story.task.status).toBe("failed");
  });

  it("is the server's alone", () => {
    for (const who of [ada, eve, olga]) {
      const story = storyAtItsTime("fail");
      expire(story, 1, who);
      expect(story.codes()).toEqual(["forbidden"]);
      expect(story.task.status).toBe("active");
    }
  });
});
