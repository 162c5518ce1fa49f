import { describe, expect, it } from "vitest";
import { olga } from "../testing/principals.ts";
import { claimedStory, filesWith, fourPhases, storyInTdd } from "../testing/stories.ts";

describe("a gate in permissive and advisory mode", () => {
  it.each(["permissive", "advisory"] as const)("in %s lets pass what strict blocks, and records it", (mode) => {
    const story = claimedStory(fourPhases(mode));
    const decision = story.transition("TDD");
    expect(decision).toMatchObject({ effect: "allow", warnings: [{ code: "artifact_missing" }] });
    expect(story.recorded()).toEqual(["transition.requested", "gate.blocked", "task.transitioned"]);
    expect(decision.events[1]?.data).toMatchObject({ would_deny: true, reasons: [{ code: "artifact_missing" }] });
  });

  it("lets changed paths pass, not protected ones", () => {
    const story = storyInTdd(fourPhases("permissive"));
    story.files = filesWith(story, { "src/old.ts": "new", ".phasegate/x": "y" });
    story.transition("IMPL");
    expect(story.codes()).toEqual(["path_protected"]);
  });

  it("knows no transition that the workflow does not define", () => {
    const story = storyInTdd(fourPhases("permissive"));
    story.transition("DONE");
    expect(story.codes()).toEqual(["no_such_transition"]);
  });

  it("does not lift a recorded blocker", () => {
    const story = storyInTdd(fourPhases("advisory"));
    story.do(olga, { type: "record_blocker", blockerId: "blk_1" as never, text: "wait", waitsFor: null });
    story.transition("IMPL");
    expect(story.codes()).toEqual(["blocker_open"]);
  });
});
