import { type ApprovalId, digestBytes, type Facts, type Principal, type PrincipalId } from "@phasegate/wire";
import { approvalBy, gateOf } from "./checks.ts";
import { ada, anna, audrey, bob, mallory, olga, server } from "./principals.ts";
import { claimedStory, filesWith, phases, storyInImpl } from "./stories.ts";
import { operationId, type Story } from "./story.ts";
import { type PhaseOptions, workflowOf } from "./workflow.ts";

/** In REVIEW, whose gate asks as `gate` says. */
export function storyInReview(gate = gateOf("release", approvalBy()), review: Partial<PhaseOptions> = {}): Story {
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

/** Awaits an answer in REVIEW. */
export function storyAwaiting(...on: Parameters<typeof storyInReview>): Story {
  const story = storyInReview(...on);
  story.transition("DONE");
  return story;
}

/** Awaits a person in REVIEW; each earlier phase was held by others than ada too, one of them audrey's. */
export function storyOfManyHands(): Story {
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
  if (started.effect !== "allow") throw new RangeError("the story does not hold");
  story.files = filesWith(story, { "test/a.test.ts": "red" });
  story.do(mallory, { type: "release", token: story.token(), reason: "done" });
  story.claim(ada);
  story.transition("REVIEW");
  if (story.transition("DONE").effect !== "pending") throw new RangeError("the story does not hold");
  return story;
}

/** The one that is asked for; throws when none is. */
export function openApproval(story: Story) {
  const approval = story.task.approvals.findLast(({ status }) => status === "requested");
  if (!approval) throw new RangeError("nothing is asked");
  return approval;
}

/** Answers the newest approval with its own digest. */
export function grant(story: Story, who: Principal, changes: { digest?: never; approvalId?: ApprovalId } = {}) {
  const { id, digest } = story.task.approvals.at(-1) ?? { id: "apr_1" as ApprovalId, digest: digestBytes("") };
  return story.do(who, { type: "grant_approval", approvalId: id, digest, comment: "fine", ...changes });
}

/** The judgement goes on, as after an answer. */
export function resume(story: Story, facts: Facts = { tree: story.treeNow() }) {
  return story.do(server, { type: "resume_transition", operationId, newTokenId: story.nextTokenId() }, facts);
}
