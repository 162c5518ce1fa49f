import {
  type ApprovalId,
  digestBytes,
  digestJson,
  type Facts,
  openPrincipalId,
  type OperationId,
  type Principal,
  type PrincipalId,
} from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { approvalBy, gateOf, testsPass } from "../testing/checks.ts";
import { ada, adasPerson, anna, audrey, bob, eve, mallory, olga, rex, server } from "../testing/principals.ts";
import { claimedStory, filesWith, phases, storyInImpl } from "../testing/stories.ts";
import { operationId, type Story } from "../testing/story.ts";
import { treeOf } from "../testing/trees.ts";
import { type PhaseOptions, summaryArtifact, workflowOf } from "../testing/workflow.ts";

const day = 24 * 60 * 60 * 1_000;

function storyInReview(gate = gateOf("release", approvalBy()), review: Partial<PhaseOptions> = {}): Story {
  const workflow = workflowOf({
    phases: [
      phases.plan,
      phases.tdd,
      { ...phases.impl, gates: [] },
      { id: "REVIEW", tools: ["read_files", "bash"], write: ["notes/"], gates: [gate], rework: ["IMPL"], ...review },
      phases.done,
    ],
  });
  const story = storyInImpl(workflow);
  story.transition("REVIEW");
  return story;
}

function storyAwaiting(...on: Parameters<typeof storyInReview>): Story {
  const story = storyInReview(...on);
  story.transition("DONE");
  return story;
}

/** Awaits a person in REVIEW; each earlier phase was held by others than ada too, one of them audrey's. */
function storyOfManyHands(): Story {
  const audreys = { ...bob, id: "prn_audreys" as PrincipalId, owner: audrey.id };
  const story = claimedStory(
    workflowOf({
      phases: [
        phases.plan,
        phases.tdd,
        {
          id: "REVIEW",
          tools: ["read_files"],
          gates: [gateOf("release", approvalBy(["human", "approver", "operator"]))],
        },
        phases.done,
      ],
    }),
  );
  for (const passing of [bob, { ...anna, roles: ["agent" as const] }, audreys]) {
    story.do(olga, { type: "reassign", reason: "shift" });
    story.claim(passing);
  }
  story.transition("TDD", { artifacts: { plan: { summary: "s" } } }, audreys);
  story.do(olga, { type: "reassign", reason: "shift" });
  story.claim(mallory);
  const started = story.call("write_files", { args: { path: "test/a.test.ts", content: "red" } }, mallory);
  expect(started.effect).toBe("allow");
  story.files = filesWith(story, { "test/a.test.ts": "red" });
  story.do(mallory, { type: "release", token: story.token(), reason: "done" });
  story.claim(ada);
  story.transition("REVIEW");
  expect(story.transition("DONE").effect).toBe("pending");
  return story;
}

function openApproval(story: Story) {
  const approval = story.task.approvals.findLast(({ status }) => status === "requested");
  if (!approval) throw new RangeError("nothing is asked");
  return approval;
}

function grant(story: Story, who: Principal, changes: { digest?: never; approvalId?: ApprovalId } = {}) {
  const { id, digest } = story.task.approvals.at(-1) ?? { id: "apr_1" as ApprovalId, digest: digestBytes("") };
  return story.do(who, { type: "grant_approval", approvalId: id, digest, comment: "fine", ...changes });
}

function resume(story: Story, facts: Facts = { tree: story.treeNow() }) {
  return story.do(server, { type: "resume_transition", operationId, newTokenId: story.nextTokenId() }, facts);
}

describe("a transition that lacks only people", () => {
  it("asks them once for exactly what was judged, and waits", () => {
    const story = storyInReview();
    const decision = story.transition("DONE", { artifacts: { report: { summary: "s" } } });
    expect(decision).toMatchObject({ effect: "pending", needs: ["approvals"], reasons: [] });
    expect(story.recorded()).toEqual(["transition.requested", "artifact.submitted", "approval.requested"]);
    const digest = digestJson({
      task: story.task.id,
      entry: 4,
      gate: "release",
      workflow: story.workflow.digest,
      tree: treeOf(story.files),
      artifacts: { plan: digestJson({ summary: "s" }), report: digestJson({ summary: "s" }) },
      evidence: {},
    });
    const expiresAt = new Date(story.now + 7 * day).toISOString();
    expect(decision.approval).toMatchObject({ gate: "release", digest, expiresAt });
    expect(openApproval(story)).toMatchObject({ digest, approvers: ["human"], approvalsRequired: 1, expiresAt });
    expect(story.task).toMatchObject({
      status: "awaiting_approval",
      pendingTransition: { approvals: [decision.approval?.id] },
    });
  });

  it("is asked in the gate's own time", () => {
    const story = storyAwaiting({ ...gateOf("release", approvalBy()), timeoutSeconds: 60 });
    expect(Date.parse(openApproval(story).expiresAt)).toBe(story.now + 60_000);
  });

  it("asks nobody while anything else is missing", () => {
    const story = storyInReview(undefined, { artifacts: [summaryArtifact("report")] });
    expect(story.transition("DONE").effect).toBe("deny");
    expect(story.task.approvals).toEqual([]);
    const other = storyInReview(gateOf("release", testsPass(), approvalBy()));
    expect(other.transition("DONE").needs).toEqual(["evidence"]);
    expect(other.task).toMatchObject({ status: "deciding", approvals: [] });
  });

  it("takes no word of an approval that the ledger does not have", () => {
    const story = storyInReview();
    const approvals = [{ gate: "release", digest: digestBytes(""), by: anna.id, kind: anna.kind, roles: anna.roles }];
    const decision = story.transition("DONE", { facts: { tree: story.treeNow(), artifacts: {}, approvals } });
    expect(decision.effect).toBe("pending");
  });

  it("asked for again is the same approval, and nothing is written", () => {
    const story = storyAwaiting();
    const [first] = story.task.approvals;
    const again = story.transition("DONE", { operationId: "op_2" as OperationId });
    expect(again).toMatchObject({ effect: "pending", repeated: true, events: [], approval: { id: first?.id } });
    story.transition("DONE", { artifacts: { report: { summary: "new" } } });
    expect(story.codes()).toEqual(["transition_in_progress"]);
  });

  it("lets reads go on, refuses effects and says how to take it back, and no lease ends", () => {
    const story = storyAwaiting();
    expect(story.call("read_files").effect).toBe("allow");
    expect(story.call("bash", { args: { command: "npm test" } }).reasons[0]).toMatchObject({
      code: "transition_in_progress",
      hint: expect.stringContaining("DELETE /api/v1/operations/op_1") as string,
    });
    story.do(server, { type: "expire", leaseExpiredAt: story.now });
    expect(story.codes()).toEqual(["task_not_active"]);
  });

  it.each(["permissive", "advisory"] as const)("in %s mode is noted, and goes on", (mode) => {
    const story = storyInReview();
    const workflow = { ...story.workflow, normalized: { ...story.workflow.normalized, mode } };
    Object.assign(story, { workflow });
    const decision = story.transition("DONE");
    expect(decision).toMatchObject({ effect: "allow", warnings: [{ code: "gate_blocked" }] });
    expect(story.task.approvals).toEqual([]);
  });
});

describe("grant_approval", () => {
  it("moves the task when the transition is resumed, and is used up by that", () => {
    const story = storyAwaiting();
    expect(grant(story, anna).effect).toBe("allow");
    expect(story.task).toMatchObject({ status: "awaiting_approval", approvals: [{ status: "granted" }] });
    expect(resume(story).effect).toBe("allow");
    expect(story.task).toMatchObject({ status: "active", phase: "DONE", epoch: 5, approvals: [{ status: "used" }] });
    grant(story, anna);
    expect(story.codes()).toEqual(["approval_not_open"]);
  });

  it("of another digest than was asked for is refused", () => {
    const story = storyAwaiting();
    grant(story, anna, { digest: digestBytes("another") as never });
    expect(story.codes()).toEqual(["approval_digest_mismatch"]);
    grant(story, anna, { approvalId: "apr_none" as ApprovalId });
    expect(story.codes()).toEqual(["unknown_approval"]);
  });

  it("comes from as many principals as the gate asks for", () => {
    const story = storyAwaiting(gateOf("release", approvalBy(["human"], 2)));
    grant(story, anna);
    grant(story, anna);
    expect(story.codes()).toEqual(["approval_not_open"]);
    expect(resume(story)).toMatchObject({ effect: "pending", events: [] });
    grant(story, olga);
    expect(resume(story).effect).toBe("allow");
  });

  it.each([
    ["the holder", { ...ada, roles: eve.roles }],
    ["another agent of the holder's owner", eve],
    ["a person's key that belongs to the holder", adasPerson],
    ["a person's key of the holder's owner", { ...adasPerson, owner: olga.id }],
    ["a service that owns the holder", { ...olga, kind: "service" as const }],
  ])("never comes from %s", (_, who) => {
    const story = storyAwaiting(gateOf("release", approvalBy(["human", "approver", "operator"])));
    grant(story, who);
    expect(story.codes()).toEqual(["self_approval"]);
    expect(openApproval(story).grants).toEqual([]);
  });

  it("comes from no earlier holder either", () => {
    const story = storyInReview();
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    story.claim(bob);
    story.transition("DONE", {}, bob);
    grant(story, { ...ada, roles: ["approver"], kind: "person" });
    expect(story.codes()).toEqual(["self_approval"]);
  });

  it.each([
    ["an agent that held the task in an earlier phase, and changed nothing", bob],
    ["an agent that wrote in an earlier phase, and released", mallory],
    ["a person that held the task with the role of an agent", anna],
    ["another agent of an earlier holder's owner", { ...eve, owner: audrey.id }],
    ["a person's key of an earlier holder's owner", { ...adasPerson, owner: audrey.id }],
  ])("does not come from %s", (_, who) => {
    const story = storyOfManyHands();
    grant(story, { ...who, roles: ["approver", "operator"] });
    expect(story.codes()).toEqual(["self_approval"]);
    expect(openApproval(story).grants).toEqual([]);
  });

  it("comes from the person that owns an earlier holder, and from the operator that took the task away", () => {
    for (const who of [{ ...audrey, roles: ["approver" as const] }, olga]) {
      const story = storyOfManyHands();
      expect(grant(story, who).effect).toBe("allow");
    }
  });

  it("comes from no one that the facts name as author", () => {
    const story = storyAwaiting();
    const { id: approvalId, digest } = openApproval(story);
    story.do(anna, { type: "grant_approval", approvalId, digest, comment: "" }, { authors: [anna.id] });
    expect(story.codes()).toEqual(["self_approval"]);
  });

  it("answers every check of the gate that asks people", () => {
    const story = storyAwaiting(gateOf("release", approvalBy(["human"]), approvalBy(["reviewer"])));
    expect(openApproval(story).approvers).toEqual(["human", "reviewer"]);
    grant(story, rex);
    expect(story.task.approvals).toMatchObject([{ status: "requested" }]);
    grant(story, anna);
    expect(story.task.approvals).toMatchObject([{ status: "granted" }]);
    expect(resume(story).effect).toBe("allow");
  });

  it("may come from the person that owns the agent", () => {
    const story = storyAwaiting();
    expect(grant(story, olga).effect).toBe("allow");
  });

  it.each([
    ["an agent", mallory],
    ["a person without the role", audrey],
    ["a service", { ...rex, roles: ["approver" as const] }],
    ["everyone at once", { ...anna, id: openPrincipalId }],
  ])("of `human` is not for %s", (_, who) => {
    const story = storyAwaiting();
    grant(story, who);
    expect(story.codes()).toEqual(["forbidden"]);
  });

  it("of a named role is for whoever has it", () => {
    const story = storyAwaiting(gateOf("release", approvalBy(["reviewer"])));
    grant(story, anna);
    expect(story.codes()).toEqual(["forbidden"]);
    expect(grant(story, rex).effect).toBe("allow");
  });
});

describe("an approval that was granted", () => {
  it("is of no other tree: the work that changed is asked about anew", () => {
    const story = storyAwaiting();
    grant(story, anna);
    story.files = filesWith(story, { "notes/a": "changed" });
    expect(resume(story).effect).toBe("pending");
    expect(story.recorded()).toEqual(["approval.withdrawn", "approval.requested"]);
    expect(story.task.approvals.map(({ status }) => status)).toEqual(["withdrawn", "requested"]);
  });

  it("is of no other artifact", () => {
    const story = storyAwaiting();
    grant(story, anna);
    story.do(ada, { type: "withdraw_transition", operationId, reason: "a better report" });
    story.transition("DONE", { artifacts: { report: { summary: "better" } } });
    expect(story.task.approvals.map(({ status }) => status)).toEqual(["withdrawn", "requested"]);
  });

  it("ends with its time, used or not", () => {
    const story = storyAwaiting();
    grant(story, anna);
    story.now += 7 * day;
    expect(resume(story).effect).toBe("pending");
    expect(story.task.approvals.map(({ status }) => status)).toEqual(["expired", "requested"]);
  });

  it("outlives its holder: the next one needs no second", () => {
    const story = storyAwaiting();
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    expect(grant(story, anna).effect).toBe("allow");
    story.claim(bob);
    expect(story.transition("DONE", {}, bob).effect).toBe("allow");
  });

  it("counts no more when its approver has a part in the work", () => {
    const story = storyAwaiting();
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    grant(story, olga);
    story.claim(olga);
    expect(story.transition("DONE", {}, olga).effect).toBe("pending");
    expect(story.task.approvals.map(({ status }) => status)).toEqual(["withdrawn", "requested"]);
  });
});

describe("approvals", () => {
  it("are kept in a bounded number, those that are open longest", () => {
    const story = storyInReview();
    for (let round = 0; round < 60; round += 1) {
      story.transition("DONE");
      story.do(ada, { type: "withdraw_transition", operationId, reason: "not yet" });
    }
    story.transition("DONE");
    expect(story.task.approvals).toHaveLength(50);
    expect(story.task.approvals.at(-1)).toMatchObject({ status: "requested" });
  });
});

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
    expect(story.recorded()).toEqual(["approval.expired", "approval.requested", "violation.detected"]);
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
