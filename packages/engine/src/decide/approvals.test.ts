import {
  type ApprovalId,
  digestBytes,
  digestJson,
  openPrincipalId,
  type OperationId,
  type PrincipalId,
} from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { approvalBy, gateOf, testsPass } from "../testing/checks.ts";
import { ada, adasPerson, anna, audrey, bob, eve, mallory, olga, rex, server } from "../testing/principals.ts";
import { filesWith } from "../testing/stories.ts";
import { operationId } from "../testing/story.ts";
import { treeOf } from "../testing/trees.ts";
import { summaryArtifact } from "../testing/workflow.ts";
import {
  storyInReview,
  storyAwaiting,
  storyOfManyHands,
  openApproval,
  grant,
  resume,
} from "../testing/approval-stories.ts";

const day = 24 * 60 * 60 * 1_000;

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

  it("counts keys of people that one owner answers for once", () => {
    const story = storyAwaiting(gateOf("release", approvalBy(["human"], 2)));
    const second = { ...olga, id: "prn_second" as PrincipalId, name: "second", owner: anna.id };
    grant(story, anna);
    grant(story, second);
    expect(resume(story)).toMatchObject({ effect: "pending" });
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
