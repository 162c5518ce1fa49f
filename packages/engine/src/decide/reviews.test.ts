import { digestBytes, openPrincipalId, type Principal, type ReviewFact, type TreeDigest } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import type { SubmitReview } from "../commands.ts";
import { checkOf, gateOf } from "../testing/checks.ts";
import { ada, adasPerson, anna, audrey, bob, eve, olga, rex } from "../testing/principals.ts";
import { claimedStory, filesWith, phases } from "../testing/stories.ts";
import type { Story } from "../testing/story.ts";
import { treeOf } from "../testing/trees.ts";
import { workflowOf } from "../testing/workflow.ts";

const resultDigest = digestBytes("the issues");

/** A gate that shows which reviews a check is given. */
function storyWithReviews({ afterPlan = false } = {}): { story: Story; seen: () => readonly ReviewFact[] } {
  let given: readonly ReviewFact[] = [];
  const look = checkOf({
    name: "look",
    needs: ["reviews"],
    judge: ({ facts }) => {
      given = facts.reviews ?? [];
      return { passed: false, message: "looked" };
    },
  });
  const artifacts = [...phases.done.artifacts];
  const reviewed = { id: "A", write: ["src/"], artifacts, gates: [gateOf("g", look)] };
  const story = claimedStory(workflowOf({ phases: [...(afterPlan ? [phases.plan] : []), reviewed, { id: "B" }] }));
  if (afterPlan) story.transition("A", { artifacts: { plan: { summary: "s" } } });
  return {
    story,
    seen: () => given,
  };
}

function review(story: Story, who: Principal, changes: Partial<SubmitReview> = {}, tree = story.treeNow()) {
  const issues = { blocking: 0, warning: 0, info: 0 };
  const command = { model: "security", tree: tree.digest, verdict: "passed" as const, issues, resultDigest };
  return story.do(who, { type: "submit_review", ...command, ...changes }, { tree });
}

describe("submit_review", () => {
  it("records who said what of exactly the tree as it is now", () => {
    const { story } = storyWithReviews();
    expect(review(story, rex).effect).toBe("allow");
    expect(story.task.reviews).toMatchObject([
      { reviewer: rex.id, model: "security", tree: treeOf(story.files), verdict: "passed", resultDigest },
    ]);
  });

  it.each([
    ["the holder", { ...ada, roles: eve.roles }],
    ["another agent of the holder's owner", eve],
    ["a person's key that belongs to the holder", adasPerson],
    ["everyone at once", { ...rex, id: openPrincipalId }],
  ])("never comes from %s", (_, who) => {
    const { story } = storyWithReviews();
    review(story, who);
    expect(story.codes()).toEqual(["self_review"]);
    expect(story.task.reviews).toEqual([]);
  });

  it("comes from a reviewer, an approver or an operator", () => {
    const { story } = storyWithReviews();
    for (const who of [bob, audrey]) {
      review(story, who);
      expect(story.codes()).toEqual(["forbidden"]);
    }
    for (const who of [rex, anna, olga]) expect(review(story, who).effect).toBe("allow");
  });

  it("of another tree, or of one that was not read, is refused", () => {
    const { story } = storyWithReviews();
    review(story, rex, { tree: digestBytes("another") as TreeDigest });
    expect(story.codes()).toEqual(["review_other_tree"]);
    const { digest } = story.treeNow();
    story.do(rex, {
      type: "submit_review",
      model: "m",
      tree: digest,
      verdict: "passed",
      issues: { blocking: 0, warning: 0, info: 0 },
      resultDigest,
    });
    expect(story.codes()).toEqual(["review_other_tree"]);
  });

  it("is the newest by model and reviewer", () => {
    const { story } = storyWithReviews();
    review(story, rex, { verdict: "failed" });
    review(story, rex, { model: "quality" });
    review(story, rex);
    expect(story.task.reviews.map(({ model, verdict }) => [model, verdict])).toEqual([
      ["quality", "passed"],
      ["security", "passed"],
    ]);
  });

  it("of a task that has ended is refused", () => {
    const { story } = storyWithReviews();
    story.do(olga, { type: "cancel", reason: "no more" });
    review(story, rex);
    expect(story.codes()).toEqual(["task_not_active"]);
  });
});

describe("the reviews that a check is given", () => {
  const fact = (story: Story, issues: ReviewFact["issues"] = []): ReviewFact => ({
    reviewer: rex.id,
    model: "security",
    tree: treeOf(story.files),
    verdict: "passed",
    issues,
  });

  function judge(story: Story, reviews: readonly ReviewFact[]) {
    story.transition("B", { facts: { tree: story.treeNow(), artifacts: {}, reviews } });
  }

  it("are those of the ledger, with the issues that were read", () => {
    const { story, seen } = storyWithReviews();
    judge(story, [fact(story)]);
    expect(seen()).toEqual([]);
    review(story, rex, { issues: { blocking: 1, warning: 0, info: 0 } });
    const read = fact(story, [{ severity: "blocking", message: "eval" }]);
    judge(story, [read]);
    expect(seen()).toEqual([{ ...read, superseded: false, otherArtifacts: [] }]);
  });

  it("lose no blocking issue that was not read", () => {
    const { story, seen } = storyWithReviews();
    review(story, rex, { issues: { blocking: 1, warning: 0, info: 0 } });
    for (const told of [
      [],
      [fact(story)],
      [fact(story, [{ severity: "blocking", message: "eval", resolved: true }])],
    ]) {
      judge(story, told);
      expect(seen()).toMatchObject([{ model: "security", issues: [{ severity: "blocking" }] }]);
    }
  });

  it("are what was said against a tree also after its reviewer let another pass, and what was said for it no more", () => {
    const { story, seen } = storyWithReviews();
    const [first, second] = [story.files, filesWith(story, { "src/a.ts": "repaired" })];
    review(story, rex, { verdict: "failed", issues: { blocking: 1, warning: 0, info: 0 } });
    review(story, anna);
    story.files = second;
    review(story, rex);
    story.files = first;
    judge(story, []);
    expect(seen()).toMatchObject([
      { reviewer: rex.id, verdict: "failed", issues: [{ severity: "blocking" }], superseded: true },
      { reviewer: anna.id, verdict: "passed", superseded: false },
    ]);
    story.files = second;
    judge(story, []);
    expect(seen()).toMatchObject([{ reviewer: rex.id, verdict: "passed", superseded: false }]);
    story.files = first;
    review(story, rex);
    judge(story, []);
    expect(seen()).toMatchObject([
      { reviewer: anna.id, superseded: false },
      { reviewer: rex.id, verdict: "passed", issues: [], superseded: false },
    ]);
  });

  it("are of the tree that is judged", () => {
    const { story, seen } = storyWithReviews();
    review(story, rex);
    const old = fact(story);
    story.files = filesWith(story, { "src/a.ts": "changed since" });
    judge(story, [old, fact(story)]);
    expect(seen()).toEqual([]);
  });

  it("are told with the artifacts of other phases that were not so when they were posted", () => {
    const { story, seen } = storyWithReviews({ afterPlan: true });
    review(story, rex);
    judge(story, []);
    expect(seen()).toMatchObject([{ reviewer: rex.id, otherArtifacts: [] }]);
    story.transition("B", { artifacts: { report: { summary: "s" } } });
    expect(seen()).toMatchObject([{ otherArtifacts: [] }]);
    story.transition("B", { artifacts: { plan: { summary: "more" }, removed_tests: ["a"] } });
    expect(seen()).toMatchObject([{ otherArtifacts: ["plan", "removed_tests"] }]);
    review(story, rex);
    judge(story, []);
    expect(seen()).toMatchObject([{ otherArtifacts: [] }]);
  });

  it("are of no one who has a part in the work by now", () => {
    const { story, seen } = storyWithReviews();
    review(story, olga);
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    story.claim(olga);
    story.transition("B", { facts: { tree: story.treeNow(), artifacts: {} } }, olga);
    expect(seen()).toEqual([]);
  });
});
