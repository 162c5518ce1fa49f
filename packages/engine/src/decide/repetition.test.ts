import { describe, expect, it } from "vitest";
import { ada } from "../testing/principals.ts";
import { claimedStory, storyInDone } from "../testing/stories.ts";
import type { Story } from "../testing/story.ts";

const minuteMs = 60_000;
const plan = { plan: { summary: "s" } };

/** A transition to TDD whose answer was lost, and the token that it consumed. */
function lost() {
  const story = claimedStory();
  const token = story.token();
  story.transition("TDD", { artifacts: plan });
  return { story, again: () => repeat(story, token) };
}

function repeat(story: Story, token: ReturnType<Story["token"]>, changes: object = {}) {
  return story.transition("TDD", { token, currentPhase: "PLAN", ...changes });
}

describe("a transition asked for again with the token that it consumed", () => {
  it("gets its answer again, and changes nothing", () => {
    const { story, again } = lost();
    expect(again()).toMatchObject({ effect: "allow", repeated: true, events: [] });
    expect(story.task).toMatchObject({ phase: "TDD", epoch: 2 });
    expect(again().repeated).toBe(true);
  });

  it("is told what other content it brings, which is not kept", () => {
    const { story, again } = lost();
    const token = { ...story.token(), tokenId: story.task.lastTransition?.consumedTokenId ?? story.token().tokenId };
    const before = story.task.artifacts;
    const claims = { ...token, phase: "PLAN", epoch: token.epoch - 1 };
    const repeated = repeat(story, claims, { artifacts: { plan: { summary: "other" } } });
    expect(repeated).toMatchObject({ effect: "allow", repeated: true, events: [] });
    expect(repeated.warnings.map(({ message }) => message)).toEqual([
      "the transition was granted before: the content of `plan` sent with its repetition is not kept",
    ]);
    expect(story.task.artifacts).toBe(before);
    expect(again().warnings).toEqual([]);
  });

  it("is refused once the new token was used", () => {
    const { story, again } = lost();
    story.call("bash", { args: { command: "npm test" } });
    expect(again().reasons[0]?.code).toBe("token_superseded");
  });

  it("is refused once the new token was used for something that was denied", () => {
    const { story, again } = lost();
    story.call("git_commit");
    expect(again().reasons[0]?.code).toBe("token_superseded");
  });

  it("is not refused because a dead token was tried", () => {
    const { story, again } = lost();
    story.call("read_files", { token: story.token({ epoch: 1 }) });
    expect(again().repeated).toBe(true);
  });

  it("is refused when the server saw the new token used without a record", () => {
    const story = claimedStory();
    const token = story.token();
    story.transition("TDD", { artifacts: plan });
    expect(repeat(story, token, { newTokenUsed: true }).repeated).toBe(false);
  });

  it("is refused after ten minutes", () => {
    const { story, again } = lost();
    story.now += 10 * minuteMs;
    expect(again().repeated).toBe(true);
    story.now += 1;
    expect(again().reasons[0]?.code).toBe("token_superseded");
  });

  it("is refused for another target, another token, or after another claim", () => {
    const story = claimedStory();
    const token = story.token();
    story.transition("TDD", { artifacts: plan });
    expect(repeat(story, token, { targetPhase: "IMPL" }).repeated).toBe(false);
    expect(repeat(story, { ...token, tokenId: "tok_other" as never }).repeated).toBe(false);
    story.claim(ada);
    expect(repeat(story, token).repeated).toBe(false);
  });

  it("gets the answer of a completion again", () => {
    const story = storyInDone();
    const token = story.token();
    story.transition(null);
    const again = { token, currentPhase: "DONE" };
    expect(story.transition(null, again)).toMatchObject({ effect: "allow", repeated: true });
  });
});
