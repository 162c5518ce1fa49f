import type { TaskId } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { ada, bob, olga } from "../testing/principals.ts";
import { claimedStory } from "../testing/stories.ts";
import { taskId } from "../testing/story.ts";

describe("a phase token", () => {
  it("of another task is refused before anything else is looked at", () => {
    const story = claimedStory();
    const decision = story.call("read_files", { token: story.token({ taskId: "task_2" as TaskId, epoch: 99 }) });
    expect(decision.reasons[0]).toMatchObject({
      code: "token_wrong_task",
      message: "Token task_id does not match request task_id",
    });
  });

  it("in the hand of another principal is revoked", () => {
    const story = claimedStory();
    const decision = story.call("read_files", {}, bob);
    expect(decision.reasons[0]).toMatchObject({ code: "token_revoked", message: "Invalid or expired phase token" });
  });

  it("of a task that ended is revoked", () => {
    const story = claimedStory();
    const token = story.token();
    story.do(olga, { type: "cancel", reason: "no longer wanted" });
    story.call("read_files", { token });
    expect(story.codes()).toEqual(["token_revoked"]);
    expect(story.last?.reasons[0]?.message).toBe("Invalid or expired phase token");
  });

  it("of an older epoch is superseded, and the holder is told where the newest is", () => {
    const story = claimedStory();
    const token = story.token();
    story.claim();
    const decision = story.call("read_files", { token });
    expect(decision.reasons[0]).toMatchObject({
      code: "token_superseded",
      message: "Invalid or expired phase token",
      next: { method: "POST", path: `/api/v1/tasks/${taskId}/token` },
    });
  });

  it("of a holder that is gone is superseded, and the caller is told to claim again", () => {
    const story = claimedStory();
    const token = story.token();
    story.do(ada, { type: "release", token, reason: "lunch" });
    const decision = story.call("read_files", { token });
    expect(decision.reasons[0]).toMatchObject({
      code: "token_superseded",
      next: { method: "POST", path: "/api/v1/tasks/claim", body: { agent_id: "ada", task_id: taskId } },
    });
  });

  it("of an epoch that has not come yet is refused", () => {
    const story = claimedStory();
    story.call("read_files", { token: story.token({ epoch: 2 }) });
    expect(story.codes()).toEqual(["token_superseded"]);
  });

  it("is judged before the phase that the request names", () => {
    const story = claimedStory();
    story.transition("TDD", { token: story.token({ epoch: 0 }), currentPhase: "IMPL" });
    expect(story.codes()).toEqual(["token_superseded"]);
  });

  it("that is dead leaves a record of its refusal", () => {
    const story = claimedStory();
    story.call("read_files", { token: story.token({ epoch: 0 }) });
    expect(story.recorded()).toEqual(["tool.denied"]);
    story.do(ada, { type: "release", token: story.token({ epoch: 0 }), reason: "lunch" });
    expect(story.recorded()).toEqual(["violation.detected"]);
    expect(story.last?.events[0]?.data).toMatchObject({ kind: "refused", command: "release", action: "denied" });
  });
});
