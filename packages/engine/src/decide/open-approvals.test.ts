import { type OperationId, type Principal } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { approvalBy, gateOf } from "../testing/checks.ts";
import { ada, anna, audrey, bob, eve, olga, server } from "../testing/principals.ts";
import { claimedStory } from "../testing/stories.ts";
import { operationId, type Story } from "../testing/story.ts";
import { workflowOf } from "../testing/workflow.ts";
import { storyAwaiting, openApproval, grant, resume } from "../testing/approval-stories.ts";

describe("an open approval", () => {
  it("waits for the next holder under its own name", () => {
    const story = storyAwaiting();
    const { id } = openApproval(story);
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    story.claim(bob);
    story.transition("DONE", { operationId: "op_2" as OperationId }, bob);
    expect(story.last).toMatchObject({ effect: "pending", approval: { id } });
    expect(story.task).toMatchObject({ status: "awaiting_approval", pendingTransition: { approvals: [id] } });
    expect(story.task.approvals).toHaveLength(1);
  });

  it.each([
    ["cancelled", (story: Story) => story.do(olga, { type: "cancel", reason: "no more" })],
    ["failed", (story: Story) => story.do(ada, { type: "fail", token: story.token(), reason: "no way" })],
    ["asked no more", (story: Story) => story.do(ada, { type: "withdraw_transition", operationId, reason: "not yet" })],
  ])("is withdrawn when the task is %s", (_, happen) => {
    const story = storyAwaiting();
    expect(happen(story).effect).toBe("allow");
    expect(story.task.approvals).toMatchObject([{ status: "withdrawn" }]);
    grant(story, anna);
    expect(story.codes()).toEqual(["approval_not_open"]);
  });

  it.each([
    ["goes back", (story: Story) => story.transition("IMPL")],
    [
      "is merged with its base",
      (story: Story) => {
        const { entryTree, freezes, base, baseTree } = story.task;
        const frozenTrees = freezes.map(({ tree }) => tree);
        return story.do(olga, { type: "sync", base, baseTree, entryTree, tree: entryTree, frozenTrees });
      },
    ],
    [
      "leaves through an override",
      (story: Story) => {
        story.do(olga, { type: "override", gate: "release", reason: "night", expiresInSeconds: 60 });
        return story.transition("DONE");
      },
    ],
  ])("is withdrawn when the task %s", (_, happen) => {
    const story = storyAwaiting();
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    story.claim();
    expect(happen(story).effect).toBe("allow");
    expect(story.task.approvals).toMatchObject([{ status: "withdrawn" }]);
  });

  it("is withdrawn by the holder, an operator or the server, and the transition with it", () => {
    const story = storyAwaiting();
    const withdraw = { type: "withdraw_approval" as const, approvalId: openApproval(story).id, reason: "not yet" };
    story.do(anna, withdraw);
    expect(story.codes()).toEqual(["forbidden"]);
    story.do(ada, withdraw);
    expect(story.recorded()).toEqual(["approval.withdrawn", "transition.withdrawn"]);
    expect(story.task).toMatchObject({ status: "active", pendingTransition: null });
    story.do(ada, withdraw);
    expect(story.codes()).toEqual(["approval_not_open"]);
  });
});

describe("deny_approval", () => {
  function deny(story: Story, who: Principal, comment = "the tests\nsay nothing") {
    const { id, digest } = openApproval(story);
    return story.do(who, { type: "deny_approval", approvalId: id, digest, comment });
  }

  it("gives the phase back, with what was said among the findings until the next request", () => {
    const story = storyAwaiting();
    deny(story, anna);
    expect(story.recorded()).toEqual(["approval.denied", "gate.blocked"]);
    expect(story.task).toMatchObject({
      status: "active",
      phase: "REVIEW",
      findings: [
        { check: "approval", severity: "blocking", message: "the approval was denied: the tests say nothing" },
      ],
      approvals: [{ status: "denied", denial: { by: anna.id } }],
    });
    story.transition("DONE");
    expect(story.task.findings).toEqual([]);
  });

  it("ends the questions of the other gates as well", () => {
    const workflow = workflowOf({
      phases: [
        { id: "A", tools: ["read_files"], gates: [gateOf("one", approvalBy()), gateOf("two", approvalBy())] },
        { id: "B", tools: ["read_files"] },
      ],
    });
    const story = claimedStory(workflow);
    story.transition("B");
    expect(story.task.pendingTransition?.approvals).toHaveLength(2);
    deny(story, anna);
    expect(story.recorded()).toEqual(["approval.denied", "approval.withdrawn", "gate.blocked"]);
    expect(story.task).toMatchObject({ status: "active", approvals: [{ status: "withdrawn" }, { status: "denied" }] });
  });

  it("is for approvers only", () => {
    const story = storyAwaiting();
    deny(story, eve);
    expect(story.codes()).toEqual(["self_approval"]);
    deny(story, audrey);
    expect(story.codes()).toEqual(["forbidden"]);
  });

  it("reaches the next holder where the first is gone", () => {
    const story = storyAwaiting();
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    deny(story, anna, "");
    expect(story.recorded()).toEqual(["approval.denied"]);
    expect(story.task).toMatchObject({ status: "ready", findings: [{ message: "the approval was denied" }] });
  });
});

describe("expire_approval", () => {
  function storyOverdue(onTimeout: "escalate" | "fail" | "reopen"): Story {
    const story = storyAwaiting({ ...gateOf("release", approvalBy()), timeoutSeconds: 60, onTimeout });
    story.now += 60_000;
    return story;
  }

  function expire(story: Story, who: Principal = server) {
    const { id } = openApproval(story);
    return story.do(who, { type: "expire_approval", approvalId: id });
  }

  it("is the server's, and not before its time", () => {
    const story = storyOverdue("reopen");
    expire(story, olga);
    expect(story.codes()).toEqual(["forbidden"]);
    story.now -= 1;
    expire(story);
    expect(story.codes()).toEqual(["approval_not_open"]);
    story.now += 1;
    grant(story, anna);
    expect(story.codes()).toEqual(["approval_not_open"]);
  });

  it("gives the phase back where the gate reopens", () => {
    const story = storyOverdue("reopen");
    expire(story);
    expect(story.recorded()).toEqual(["approval.expired", "gate.blocked"]);
    expect(story.task).toMatchObject({ status: "active", approvals: [{ status: "expired" }] });
  });

  it("fails the task where the gate fails", () => {
    const story = storyOverdue("fail");
    expire(story);
    expect(story.recorded()).toEqual(["approval.expired", "transition.withdrawn", "task.failed"]);
    expect(story.task).toMatchObject({ status: "failed", holder: null });
  });

  it("asks again, loudly, where the gate escalates", () => {
    const story = storyOverdue("escalate");
    const before = openApproval(story);
    expire(story);
    expect(story.recorded()).toEqual([
      "approval.expired",
      "approval.requested",
      "notification.requested",
      "violation.detected",
    ]);
    const after = openApproval(story);
    expect(after.digest).toBe(before.digest);
    expect(after.id).not.toBe(before.id);
    expect(story.task).toMatchObject({ status: "awaiting_approval", pendingTransition: { approvals: [after.id] } });
    grant(story, anna);
    expect(resume(story).effect).toBe("allow");
  });

  it("only ends it where no transition waits", () => {
    const story = storyOverdue("fail");
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    expire(story);
    expect(story.recorded()).toEqual(["approval.expired"]);
    expect(story.task.status).toBe("ready");
  });
});
