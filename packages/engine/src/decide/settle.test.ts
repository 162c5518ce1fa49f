import type { EventId } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { gateOf, waitsFor } from "../testing/checks.ts";
import { ada, server } from "../testing/principals.ts";
import { claimedStory, filesWith, fourPhases, phases, storyInImpl, storyInTdd } from "../testing/stories.ts";
import type { Story } from "../testing/story.ts";
import { changesBetween } from "../testing/trees.ts";
import { workflowOf } from "../testing/workflow.ts";

function open(story: Story, toolName = "bash"): EventId {
  const decision = story.call(toolName, { args: { command: "npm test" } });
  return decision.events[0]?.id ?? ("evt_none" as EventId);
}

describe("settle_tool", () => {
  it("keeps changes that the phase may make", () => {
    const story = storyInTdd();
    const decision = story.settle("bash", open(story), filesWith(story, { "test/a.test.ts": "red" }));
    expect(decision).toMatchObject({ effect: "allow", rollBack: "none" });
    expect(decision.events[0]).toMatchObject({
      type: "tool.executed",
      data: { changed_paths: ["test/a.test.ts"], changed_paths_total: 1, source: "runner" },
    });
    expect(story.task.openCalls).toEqual([]);
  });

  it("puts the whole call back when one path may not be changed", () => {
    const story = storyInTdd();
    const after = filesWith(story, { "test/a.test.ts": "red", "src/old.ts": "new" });
    const decision = story.settle("bash", open(story), after);
    expect(decision).toMatchObject({ effect: "deny", rollBack: "all" });
    expect(decision.reasons).toMatchObject([
      {
        code: "rolled_back",
        message: "the call was rolled back: phase `TDD` may not change `src/old.ts`",
        rule: "agent_workflow.yaml:20:5",
      },
      { code: "path_not_allowed" },
    ]);
    expect(story.recorded()).toEqual(["tool.rolled_back"]);
    expect(story.task.openCalls).toEqual([]);
  });

  it("names further paths that were changed against a rule, at most three", () => {
    const story = storyInTdd();
    story.settle("bash", open(story), filesWith(story, { "src/a.ts": "1", "src/old.ts": "new" }));
    expect(story.last?.reasons[0]?.message).toBe(
      "the call was rolled back: phase `TDD` may not change `src/a.ts`; 1 more path was changed against a rule: `src/old.ts`",
    );
    const many = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [`src/${name}.ts`, "1"]));
    story.settle("bash", open(story), filesWith(story, many));
    expect(story.last?.reasons[0]?.message).toMatch(
      /; 4 more paths were changed against a rule: `src\/b\.ts`, `src\/c\.ts`, `src\/d\.ts` and 1 more$/,
    );
  });

  it("puts back a call that changed what an earlier phase froze", () => {
    const story = storyInImpl();
    story.settle("bash", open(story), filesWith(story, { "test/snap/x": "weakened" }));
    expect(story.codes()).toEqual(["rolled_back", "path_not_allowed"]);
    expect(story.last?.reasons[1]?.message).toBe("`test/snap/x` is frozen");
  });

  it("lets any tool put a path back to its entry content", () => {
    const story = storyInTdd();
    const entry = story.files;
    story.files = filesWith(story, { "src/old.ts": "changed from outside" });
    expect(story.settle("bash", open(story), entry).effect).toBe("allow");
  });

  it("does not take another wrong content for putting back", () => {
    const story = storyInTdd();
    story.files = filesWith(story, { "src/old.ts": "changed from outside" });
    story.settle("bash", open(story), filesWith(story, { "src/old.ts": "changed again" }));
    expect(story.codes()).toEqual(["rolled_back", "path_not_allowed"]);
  });

  it("denies what no tree may hold, by its own code", () => {
    const story = storyInTdd();
    const decision = story.settle("bash", open(story), story.files, {
      unsupported: [{ path: "test/pipe", reason: "fifo" }],
    });
    expect(decision.rollBack).toBe("all");
    expect(story.codes()).toEqual(["unsupported_entry"]);
    expect(story.last?.reasons[0]?.hint).toBe("do without it: a tree holds plain files, folders and links");
  });

  it("puts back what ran on after its token died", () => {
    const story = storyInTdd();
    const callId = open(story);
    const token = story.token();
    story.do(server, { type: "expire", leaseExpiredAt: story.now });
    const decision = story.settle("bash", callId, filesWith(story, { "test/a.test.ts": "late" }), { token });
    expect(decision).toMatchObject({ effect: "deny", rollBack: "all", reasons: [{ code: "token_superseded" }] });
    expect(story.recorded()).toEqual(["tool.rolled_back"]);
  });

  it("puts back an effect that comes while a transition is judged, and keeps a call without one", () => {
    const tdd = { ...phases.tdd, gates: [gateOf("red", waitsFor("evidence"))] };
    const story = storyInTdd(workflowOf({ phases: [phases.plan, tdd, phases.impl] }));
    const [first, second] = [open(story), open(story)];
    story.transition("IMPL");
    story.settle("bash", first, filesWith(story, { "test/a.test.ts": "late" }));
    expect(story.codes()).toEqual(["transition_in_progress"]);
    expect(story.settle("bash", second).effect).toBe("allow");
  });

  it("knows each call once, by the tool that opened it", () => {
    const story = storyInTdd();
    const callId = open(story);
    story.settle("write_files", callId);
    expect(story.codes()).toEqual(["unknown_call"]);
    const again = open(story);
    story.settle("bash", again);
    story.settle("bash", again);
    expect(story.codes()).toEqual(["unknown_call"]);
  });

  it("judges a read again when it is recorded, so that none is answered in a later phase", () => {
    const story = storyInTdd();
    const grep = { ...phases.plan, tools: ["read_files"] };
    const other = claimedStory(workflowOf({ phases: [grep, phases.tdd] }));
    other.settle("grep", null);
    expect(other.codes()).toEqual(["tool_not_allowed"]);
    story.settle("read_files", null, story.files, { token: story.token({ epoch: 1 }) });
    expect(story.codes()).toEqual(["token_superseded"]);
  });

  it("takes no effect for a read: a tool that may write settles the call that it opened", () => {
    const story = storyInTdd();
    const decision = story.settle("bash", null, filesWith(story, { "test/a.test.ts": "red" }));
    expect(decision).toMatchObject({ effect: "deny", rollBack: "all", reasons: [{ code: "unknown_call" }] });
  });

  it("names at most a hundred paths, and how many there were", () => {
    const story = storyInTdd();
    const many = Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`test/${index}.ts`, "x"]));
    const data = story.settle("bash", open(story), filesWith(story, many)).events[0]?.data;
    expect(data).toMatchObject({ changed_paths_total: 130 });
    expect((data as { changed_paths: string[] }).changed_paths).toHaveLength(100);
  });
});

describe("note_outside_change", () => {
  function note(story: Story, changed: Readonly<Record<string, string | null>>, canRollBack: boolean) {
    const after = filesWith(story, changed);
    const changes = changesBetween(story.files, after);
    return story.do(ada, {
      type: "note_outside_change",
      changes,
      contents: {},
      entryChanges: changesBetween(story.saved(story.task.entryTree), after),
      canRollBack,
    });
  }

  it("records what someone changed, and names the paths to put back", () => {
    const decision = note(storyInTdd(), { "test/a.test.ts": "mine", "src/old.ts": "new" }, true);
    expect(decision.rollBack).toEqual(["src/old.ts"]);
    expect(decision.events[0]).toMatchObject({
      type: "violation.detected",
      data: { kind: "changed_outside", paths: ["src/old.ts", "test/a.test.ts"], action: "rolled_back" },
    });
  });

  it("only records where the runner cannot put back", () => {
    const decision = note(storyInTdd(), { "src/old.ts": "new" }, false);
    expect(decision.rollBack).toBe("none");
    expect(decision.events[0]?.data).toMatchObject({ action: "recorded", reasons: [{ code: "path_not_allowed" }] });
  });

  it("in permissive mode puts back protected paths only", () => {
    const decision = note(storyInTdd(fourPhases("permissive")), { "src/old.ts": "new", ".phasegate/x": "y" }, true);
    expect(decision.rollBack).toEqual([".phasegate/x"]);
  });
});
