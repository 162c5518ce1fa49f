import { digestBytes, type Principal, type ReviewFact } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import type { SubmitReview } from "../commands.ts";
import { approvalBy, checkOf, gateOf } from "../testing/checks.ts";
import { anna, rex } from "../testing/principals.ts";
import { claimedStory, filesWith } from "../testing/stories.ts";
import type { Story } from "../testing/story.ts";
import { workflowOf } from "../testing/workflow.ts";

const blocked = { verdict: "failed", issues: { blocking: 1, warning: 0, info: 0 } } as const;
const commented = { verdict: "passed", issues: { blocking: 0, warning: 1, info: 0 } } as const;

function storyWith(check = "no_blocking_issues"): Story {
  const judged = checkOf({ name: check, needs: ["reviews"], judge: () => ({ passed: true }) });
  return claimedStory(
    workflowOf({ phases: [{ id: "A", write: ["src/"], gates: [gateOf("g", judged)] }, { id: "B" }] }),
  );
}

function review(story: Story, who: Principal, said: Pick<SubmitReview, "verdict" | "issues">): void {
  const tree = story.treeNow();
  const resultDigest = digestBytes("the issues");
  story.do(who, { type: "submit_review", model: "quality", tree: tree.digest, resultDigest, ...said }, { tree });
}

/** What the way out tells when the work is another than the one that was reviewed. */
function told(story: Story, reviews: readonly ReviewFact[] = []): readonly string[] {
  story.transition("B", { facts: { tree: story.treeNow(), artifacts: {}, reviews } });
  const findings = story.last?.findings ?? [];
  return findings.flatMap(({ check, severity, message }) =>
    check === "earlier_objections" ? [`${severity}: ${message}`] : [],
  );
}

function change(story: Story): void {
  story.files = filesWith(story, { "src/a.ts": "changed since" });
}

describe("an objection to an earlier tree", () => {
  const named = "warning: objected to an earlier tree and has not reviewed this one: `prn_rex` (`quality`)";

  it("is told where the reviewer has not looked since, whatever others say", () => {
    const story = storyWith();
    review(story, rex, blocked);
    const tree = story.treeNow().digest;
    change(story);
    review(story, anna, { ...blocked, verdict: "passed", issues: { blocking: 0, warning: 0, info: 0 } });
    const issues = [{ severity: "blocking", message: "eval" }] as const;
    expect(told(story, [{ reviewer: rex.id, model: "quality", tree, verdict: "failed", issues }])).toEqual([
      `${named} named a blocking issue: eval`,
    ]);
  });

  it("is told of a verdict, and of a comment where these have to be addressed", () => {
    for (const [check, isTold] of [
      ["matches_plan", false],
      ["review_comments_addressed", true],
    ] as const) {
      const story = storyWith(check);
      review(story, rex, commented);
      change(story);
      expect(told(story)).toEqual(isTold ? [`${named} left a comment`] : []);
    }
    const story = storyWith();
    review(story, rex, commented);
    const tree = story.treeNow().digest;
    change(story);
    const body = { matches_plan: false };
    expect(told(story, [{ reviewer: rex.id, model: "quality", tree, verdict: "passed", issues: [], body }])).toEqual([
      `${named} judged \`matches_plan\` as not so`,
    ]);
  });

  it("is no more once the same reviewer reviewed the tree as it is", () => {
    const story = storyWith();
    review(story, rex, blocked);
    change(story);
    review(story, rex, commented);
    expect(told(story)).toEqual([]);
  });

  it("is told to approvers, and not where nobody reviews or approves", () => {
    const approved = claimedStory(
      workflowOf({ phases: [{ id: "A", write: ["src/"], gates: [gateOf("g", approvalBy())] }, { id: "B" }] }),
    );
    review(approved, rex, blocked);
    change(approved);
    approved.transition("B", { facts: { tree: approved.treeNow(), artifacts: {}, reviews: [] } });
    expect(Object.values(approved.task.approvals)[0]?.findings).toMatchObject([{ check: "earlier_objections" }]);
    const open = claimedStory(workflowOf({ phases: [{ id: "A", write: ["src/"] }, { id: "B" }] }));
    review(open, rex, blocked);
    change(open);
    expect(told(open)).toEqual([]);
  });
});
