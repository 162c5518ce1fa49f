import type { BlockerId, TaskId, TaskStatus, TreeDigest } from "@phasegate/wire";
import { digestBytes } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import type { Command } from "../commands.ts";
import { gateOf, waitsFor } from "../testing/checks.ts";
import { ada, adasPerson, anna, bob, eve, mallory, olga, server } from "../testing/principals.ts";
import { record, runOf } from "../testing/runs.ts";
import { claimedStory, phases, storyInDone, storyInImpl, storyInTdd } from "../testing/stories.ts";
import type { Story } from "../testing/story.ts";
import { filesOf, treeOf } from "../testing/trees.ts";
import { workflowOf } from "../testing/workflow.ts";

const reason = "because";
const merged = digestBytes("merged") as TreeDigest;
const base = { ref: "main", commit: "1".repeat(40) };

function override(seconds = 60): Command {
  return { type: "override", gate: "tests", reason, expiresInSeconds: seconds };
}

describe("what only operators do", () => {
  it.each<Command>([
    { type: "cancel", reason },
    { type: "reassign", reason },
    { type: "reopen", reason },
    { type: "sync", base, baseTree: merged, entryTree: merged, tree: merged, frozenTrees: [] },
    override(),
  ])("$type is refused to the agent that holds the task, and the refusal is recorded", (command) => {
    const story = storyInTdd();
    story.do(ada, command);
    expect(story.codes()).toEqual(["forbidden"]);
    expect(story.last?.events[0]?.data).toMatchObject({ kind: "refused", command: command.type });
  });

  it("cancel ends the task, once", () => {
    const story = claimedStory();
    story.do(olga, { type: "cancel", reason });
    expect(story.task).toMatchObject({ status: "cancelled", holder: null, epoch: 2, endedReason: reason });
    story.do(olga, { type: "cancel", reason });
    expect(story.codes()).toEqual(["task_not_active"]);
  });

  it("reassign takes the task from its holder", () => {
    const story = claimedStory();
    story.do(olga, { type: "reassign", reason });
    expect(story.task).toMatchObject({ status: "ready", holder: null, epoch: 2, phase: "PLAN" });
    story.do(olga, { type: "reassign", reason });
    expect(story.codes()).toEqual(["task_not_active"]);
  });

  it("reopen leads back from an end, into a new entry of the same phase", () => {
    const story = storyInDone();
    story.do(olga, { type: "reopen", reason });
    expect(story.codes()).toEqual(["task_not_active"]);
    story.transition(null);
    story.do(olga, { type: "reopen", reason });
    expect(story.task).toMatchObject({ status: "ready", phase: "DONE", entry: 5, epoch: 6, endedReason: null });
    expect(story.claim(bob).effect).toBe("allow");
  });

  it("sync moves base, entry tree and freezes to the merged base, and leaves the task with its holder", () => {
    const story = storyInImpl();
    const token = story.token();
    const merge = { base, baseTree: merged, entryTree: merged, tree: merged, frozenTrees: [merged] };
    const decision = story.do(olga, { type: "sync", ...merge, reason });
    expect(decision.events.map(({ data }) => data)).toMatchObject([{ base, reason }]);
    expect(story.task).toMatchObject({ base, baseTree: merged, entryTree: merged, epoch: 3 });
    expect(story.task.freezes).toMatchObject([{ phase: "TDD", entry: 2, tree: merged }]);
    expect(story.call("read_files", { token }).effect).toBe("allow");
  });

  it.each([
    ["named at the next way out", ["before"], ["the base was merged in at"]],
    ["not named once all tests have run on it", ["before", "after"], []],
    ["not named where nothing had been tested yet", [], []],
  ] as const)("what came of a sync is %s", (_, runs, named) => {
    const story = storyInImpl();
    story.files = new Map([...story.files, ...filesOf({ "src/a.ts": "green" })]);
    const tree = treeOf(story.files);
    if (runs.some((when) => when === "before")) record(story, "current", runOf("1", tree));
    story.now += 1_000;
    const { entryTree, baseTree, freezes } = story.task;
    const frozenTrees = freezes.map((freeze) => freeze.tree);
    story.do(olga, { type: "sync", base, baseTree, entryTree, tree, frozenTrees });
    story.now += 1_000;
    if (runs.some((when) => when === "after")) record(story, "tool", runOf("2", tree));
    const decision = story.transition("DONE");
    expect(decision.effect).toBe("allow");
    expect(decision.warnings.map(({ message }) => message)).toEqual(named.map((text) => expect.stringContaining(text)));
  });

  it("sync of another set of freezes, or while a transition is judged, is refused", () => {
    const story = storyInImpl();
    story.do(olga, { type: "sync", base, baseTree: merged, entryTree: merged, tree: merged, frozenTrees: [] });
    expect(story.codes()).toEqual(["version_conflict"]);
    const tdd = { ...phases.tdd, gates: [gateOf("red", waitsFor("evidence"))] };
    const deciding = storyInTdd(workflowOf({ phases: [phases.plan, tdd, phases.impl] }));
    deciding.transition("IMPL");
    deciding.do(olga, { type: "sync", base, baseTree: merged, entryTree: merged, tree: merged, frozenTrees: [] });
    expect(deciding.codes()).toEqual(["transition_in_progress"]);
  });
});

describe("override", () => {
  it("lets the gate's checks be skipped, by a person, and marks the task", () => {
    const story = storyInTdd();
    expect(story.transition("IMPL").effect).toBe("deny");
    story.do(olga, override());
    expect(story.transition("IMPL").effect).toBe("allow");
    expect(story.task.overridden).toBe(true);
    expect(story.events.at(-1)?.data).toMatchObject({ overridden: true });
  });

  it.each([
    ["an agent, whatever its key may do", mallory],
    ["another agent of the holder's owner", eve],
    ["a person's key that belongs to the holder", { ...adasPerson, roles: ["operator" as const] }],
    ["a person without the role", anna],
  ])("is refused to %s", (_, who) => {
    const story = storyInTdd();
    story.do(who, override());
    expect(story.codes()).toEqual(["forbidden"]);
    expect(story.task.overridden).toBe(false);
  });

  it("never lets a forbidden change through", () => {
    const story = storyInTdd();
    story.do(olga, override());
    story.files = new Map([...story.files, ["src/old.ts", "new"]]);
    story.transition("IMPL");
    expect(story.codes()).toEqual(["path_not_allowed"]);
  });

  it("ends when its time is over", () => {
    const story = storyInTdd();
    story.do(olga, override(60));
    story.now += 60_000;
    expect(story.transition("IMPL").effect).toBe("deny");
  });

  it("counts for one entry", () => {
    const story = storyInTdd();
    story.do(olga, override());
    story.transition("PLAN");
    story.transition("TDD", { artifacts: { plan: { summary: "s" } } });
    expect(story.transition("IMPL").effect).toBe("deny");
  });

  it("names a gate that leads out of the phase", () => {
    const story = storyInTdd();
    story.do(olga, { type: "override", gate: "code", reason, expiresInSeconds: 60 });
    expect(story.last?.reasons[0]).toMatchObject({ code: "invalid_request", hint: "gates here: `tests`" });
  });
});

describe("blockers", () => {
  const blockerId = "blk_1" as BlockerId;
  const record = (waitsFor: string | null = null): Command => ({
    type: "record_blocker",
    blockerId,
    text: "the schema is open",
    waitsFor,
  });

  it("stand against going on until they are resolved", () => {
    const story = claimedStory();
    story.do(ada, record());
    const artifacts = { plan: { summary: "s" } };
    expect(story.transition("TDD", { artifacts }).reasons[0]).toMatchObject({
      code: "blocker_open",
      message: "the schema is open",
    });
    story.do(ada, { type: "resolve_blocker", blockerId });
    expect(story.transition("TDD", { artifacts }).effect).toBe("allow");
    story.do(ada, { type: "resolve_blocker", blockerId });
    expect(story.codes()).toEqual(["unknown_blocker"]);
  });

  it("set by an operator are not the agent's to lift", () => {
    const story = claimedStory();
    story.do(olga, record());
    story.do(ada, { type: "resolve_blocker", blockerId });
    expect(story.codes()).toEqual(["forbidden"]);
    expect(story.do(olga, { type: "resolve_blocker", blockerId }).effect).toBe("allow");
  });

  it("are not recorded by an agent that does not hold the task", () => {
    const story = claimedStory();
    story.do(bob, record());
    expect(story.codes()).toEqual(["forbidden"]);
  });

  it.each<[TaskStatus, "allow" | "deny"]>([
    ["active", "deny"],
    ["completed", "allow"],
  ])("that wait for a task which is `%s`: %s", (status, effect) => {
    const story = claimedStory();
    story.do(ada, record("task_other"));
    const artifacts = { plan: { summary: "s" } };
    const dependencies = [{ id: "task_other" as TaskId, status }];
    const facts = { tree: story.treeNow(), artifacts, dependencies };
    expect(story.transition("TDD", { artifacts, facts }).effect).toBe(effect);
  });
});

describe("the holder's own", () => {
  it("release keeps phase and entry, and gives the task up", () => {
    const story = storyInTdd();
    story.do(ada, { type: "release", token: story.token(), reason });
    expect(story.task).toMatchObject({ status: "ready", phase: "TDD", entry: 2, epoch: 3, holder: null });
  });

  it("fail ends the task", () => {
    const story = storyInTdd();
    story.do(ada, { type: "fail", token: story.token(), reason });
    expect(story.task).toMatchObject({ status: "failed", holder: null, endedReason: reason });
  });

  it("renewal is for the holder only, by token or key, and records nothing", () => {
    const story = storyInTdd();
    expect(story.do(ada, { type: "renew", token: story.token() })).toMatchObject({ effect: "allow", events: [] });
    expect(story.do(ada, { type: "renew", token: null })).toMatchObject({ effect: "allow", events: [] });
    story.do(bob, { type: "renew", token: null });
    expect(story.codes()).toEqual(["forbidden"]);
    story.do(server, { type: "expire", leaseExpiredAt: story.now });
    story.do(ada, { type: "renew", token: null });
    expect(story.codes()).toEqual(["task_not_active"]);
  });

  it("renewal of a task that has ended says so, and not to claim it", () => {
    const story = storyInTdd();
    story.do(ada, { type: "fail", token: story.token(), reason });
    story.do(ada, { type: "renew", token: null });
    expect(story.last?.reasons[0]).toMatchObject({
      code: "task_not_active",
      message: "the task has ended (`failed`)",
      hint: "nothing is left to do in it: claim another",
    });
  });

  it.each<[string, (story: Story) => Command]>([
    ["still runs", (story) => ({ type: "expire", leaseExpiredAt: story.now + 1 })],
    ["is of an earlier epoch", (story) => ({ type: "expire", leaseExpiredAt: story.now, epoch: 1 })],
  ])("lease does not expire when it %s", (_, command) => {
    const story = storyInTdd();
    story.do(server, command(story));
    expect(story.codes()).toEqual(["task_not_active"]);
    expect(story.task.holder?.principal).toBe(ada.id);
  });
});
