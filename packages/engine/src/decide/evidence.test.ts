import {
  digestBytes,
  digestJson,
  type EvidenceFacts,
  type EvidencePurpose,
  type Facts,
  type TreeDigest,
} from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { checkOf, gateOf, testsPass } from "../testing/checks.ts";
import { ada, olga, server } from "../testing/principals.ts";
import { record, runOf } from "../testing/runs.ts";
import { filesWith, phases, storyInImpl, storyInTdd } from "../testing/stories.ts";
import { operationId, type Story } from "../testing/story.ts";
import { filesOf, treeOf } from "../testing/trees.ts";
import { workflowOf } from "../testing/workflow.ts";

const another = digestBytes("another tree") as TreeDigest;

/** Passes on whatever evidence there is: what stops it is the engine. */
const trusting = checkOf({ name: "trusting", needs: ["evidence"], judge: () => ({ passed: true }) });

function storyWith(check = trusting): Story {
  const impl = { ...phases.impl, gates: [gateOf("green", check)] };
  return storyInImpl(workflowOf({ phases: [phases.plan, phases.tdd, impl, phases.done] }));
}

/** Asks, and is judged with this evidence. */
function judgeWith(story: Story, evidence: EvidenceFacts, changes: Partial<Facts> = {}) {
  if (story.task.status === "active") story.transition("DONE");
  const resume = { type: "resume_transition" as const, operationId, newTokenId: story.nextTokenId() };
  return story.do(server, resume, { tree: story.treeNow(), artifacts: {}, evidence, ...changes });
}

function recorded(
  story: Story,
  purpose: EvidencePurpose,
  run = runOf(purpose, treeOf(story.files)),
  source?: TreeDigest,
) {
  record(story, purpose, run, { sourceTree: source ?? null });
  return run;
}

describe("record_evidence", () => {
  it("is the server's alone", () => {
    const story = storyWith();
    const { evidenceId, tree, key } = runOf("1", another);
    for (const who of [ada, olga]) {
      const claimed = {
        evidenceId,
        purpose: "current" as const,
        tree,
        sourceTree: null,
        key,
        resultDigest: key,
        failed: null,
      };
      story.do(who, { type: "record_evidence", ...claimed, selected: false, status: "completed", operationId: null });
      expect(story.codes()).toEqual(["forbidden"]);
      story.do(who, { type: "request_evidence", operationId, runs: [] });
      expect(story.codes()).toEqual(["forbidden"]);
    }
    expect(story.task.evidence).toEqual([]);
  });

  it("keeps each run of this stay, a failure also behind a pass, and writes nothing twice", () => {
    const story = storyWith();
    recorded(story, "current", runOf("1", another));
    recorded(story, "base", runOf("1", another));
    expect(record(story, "current", runOf("1", another)).events).toEqual([]);
    recorded(story, "current", runOf("2", another));
    recorded(story, "current");
    expect(story.task.evidence.map(({ id, purpose }) => [id, purpose])).toEqual([
      ["evd_1", "current"],
      ["evd_1", "base"],
      ["evd_2", "current"],
      ["evd_current", "current"],
    ]);
    recorded(story, "tool", runOf("failing", another));
    recorded(story, "tool", runOf("passing", another));
    expect(story.task.evidence.slice(-2).map(({ id }) => id)).toEqual(["evd_failing", "evd_passing"]);
  });

  it("keeps a bounded number, and what an agent ran for itself least", () => {
    const story = storyWith();
    recorded(story, "current");
    const trees = Array.from({ length: 120 }, (_, index) => digestBytes(String(index)) as TreeDigest);
    for (const [index, tree] of trees.entries()) recorded(story, "tool", runOf(`tool${index}`, tree));
    expect(story.task.evidence).toHaveLength(100);
    expect(story.task.evidence[0]).toMatchObject({ id: "evd_current" });
    for (const [index, tree] of trees.entries()) recorded(story, "base", runOf(`base${index}`, tree));
    expect(story.task.evidence).toHaveLength(100);
    expect(story.task.evidence[0]).toMatchObject({ id: "evd_base20" });
  });

  it("lets runs of a few tests push out no failure, and runs that passed no run that failed", () => {
    const story = storyWith();
    recorded(story, "tool", runOf("failed", another, { adds: "failed" }));
    record(story, "tool", runOf("chosen", another, { adds: "failed" }), { selected: true });
    for (let index = 0; index < 99; index += 1) recorded(story, "tool", runOf(`passed${index}`, another));
    expect(story.task.evidence.slice(0, 3).map(({ id }) => id)).toEqual(["evd_failed", "evd_chosen", "evd_passed1"]);
    for (let index = 0; index < 200; index += 1) {
      record(story, "tool", runOf(`chosen${index}`, another, { [`${index}`]: "failed" }), { selected: true });
    }
    expect(story.task.evidence).toHaveLength(100);
    expect(story.task.evidence[0]).toMatchObject({ id: "evd_failed" });
  });

  it("remembers what failed on a tree whatever ran since, equal failures once, and counts what it forgets", () => {
    const story = storyWith();
    recorded(story, "tool", runOf("1", another, { adds: "failed" }));
    recorded(story, "current", runOf("2", another, { adds: "failed" }));
    record(story, "tool", runOf("3", another, { adds: "failed", divides: "failed" }), { selected: true });
    recorded(story, "red", runOf("4", another, { divides: "failed" }));
    for (let index = 0; index < 150; index += 1) recorded(story, "current", runOf(`passed${index}`, another));
    expect(story.task.evidence[0]).toMatchObject({ id: "evd_passed50" });
    expect(story.task.failures).toMatchObject([{ tree: another, entry: 3, phase: "IMPL" }]);
    expect(story.task.failuresForgotten).toBe(0);
    const trees = Array.from({ length: 102 }, (_, index) => digestBytes(String(index)) as TreeDigest);
    for (const tree of trees) recorded(story, "tool", runOf(tree.slice(-12), tree, { adds: "failed" }));
    expect(story.task.failures.map(({ tree }) => tree)).toEqual(trees.slice(2));
    expect(story.task.failuresForgotten).toBe(3);
  });

  it("ends with the task", () => {
    const story = storyWith();
    story.do(olga, { type: "cancel", reason: "no more" });
    record(story, "current", runOf("1", another));
    expect(story.codes()).toEqual(["task_not_active"]);
  });
});

describe("request_evidence", () => {
  it("names the runs of the pending transition", () => {
    const story = storyWith();
    story.transition("DONE");
    const runs = [{ purpose: "current" as const, tree: treeOf(story.files) }];
    story.do(server, { type: "request_evidence", operationId, runs });
    expect(story.last?.events[0]).toMatchObject({
      type: "evidence.requested",
      data: { operation_id: operationId, runs },
    });
    story.do(server, { type: "request_evidence", operationId: "op_2" as never, runs });
    expect(story.codes()).toEqual(["unknown_operation"]);
  });
});

describe("evidence that is judged", () => {
  it("is of exactly the judged tree, and recorded", () => {
    const story = storyWith(testsPass());
    const current = recorded(story, "current");
    expect(judgeWith(story, { current }).effect).toBe("allow");
  });

  it("is laid together from the judged tree, where it is of the tests of the base", () => {
    const story = storyWith();
    const baseTests = recorded(story, "base_tests", runOf("1", another), treeOf(story.files));
    expect(judgeWith(story, { baseTests }).effect).toBe("allow");
  });

  it.each<[string, string, (story: Story) => EvidenceFacts]>([
    [
      "a run on another tree",
      "evidence is of another tree",
      (story) => ({ current: recorded(story, "current", runOf("1", another)) }),
    ],
    [
      "a base run on another base",
      "evidence is of another tree",
      (story) => ({ base: recorded(story, "base", runOf("1", another)) }),
    ],
    [
      "RED of another tree",
      "evidence is of another tree",
      (story) => ({ red: recorded(story, "red", runOf("1", another), another) }),
    ],
    ["RED of no tree", "evidence is of another tree", (story) => ({ red: recorded(story, "red") })],
    [
      "tests of the base on another product",
      "evidence is of another tree",
      (story) => ({ baseTests: recorded(story, "base_tests", runOf("1", another), another) }),
    ],
    [
      "tests of the base that ran for something else",
      "evidence was not recorded for this task",
      (story) => ({ baseTests: recorded(story, "red_again", runOf("1", another), treeOf(story.files)) }),
    ],
    [
      "a command on another tree",
      "evidence is of another tree",
      (story) => {
        const { evidenceId } = recorded(story, "command", runOf("1", another));
        return { commands: { [another]: { exitCode: 0, evidenceId, output: "" } } };
      },
    ],
    [
      "a run that says it is of this tree, and was recorded of another",
      "evidence is of another tree",
      (story) => {
        recorded(story, "current", runOf("1", another));
        return { current: runOf("1", treeOf(story.files)) };
      },
    ],
    [
      "a run that says it is of another tree, and was recorded of this",
      "evidence is of another tree",
      (story) => {
        recorded(story, "current", runOf("1", treeOf(story.files)));
        return { current: runOf("1", another) };
      },
    ],
    [
      "a run that was not recorded",
      "evidence was not recorded for this task",
      (story) => ({ current: runOf("1", treeOf(story.files)) }),
    ],
    [
      "a selection that the agent ran",
      "evidence was not recorded for this task",
      (story) => ({ current: recorded(story, "tool") }),
    ],
    [
      "the run on the base",
      "evidence was not recorded for this task",
      (story) => ({ current: recorded(story, "base") }),
    ],
  ])("is never %s", (_, message, evidence) => {
    const story = storyWith();
    const decision = judgeWith(story, evidence(story));
    expect(decision.reasons).toMatchObject([{ code: "gate_blocked", message }]);
    expect(story.task).toMatchObject({ status: "active", phase: "IMPL", findings: [{ check: "trusting", message }] });
  });

  it("is not what ran before the tree changed", () => {
    const story = storyWith();
    const current = recorded(story, "current");
    story.transition("DONE");
    story.files = filesWith(story, { "src/a.ts": "changed since" });
    expect(judgeWith(story, { current }).reasons[0]?.message).toBe("evidence is of another tree");
  });

  it("is not what an artifact says", () => {
    const story = storyWith(testsPass());
    const artifacts = { report: { summary: "all tests pass", passed: 100, failed: 0 } };
    expect(story.transition("DONE", { artifacts })).toMatchObject({ effect: "pending", needs: ["evidence"] });
    expect(judgeWith(story, {}, { artifacts }).reasons[0]?.code).toBe("gate_blocked");
  });

  it("is RED of this phase on this tree, of the base of this task, and of a command here", () => {
    const story = storyWith();
    const tree = treeOf(story.files);
    const base = recorded(story, "base", runOf("base", story.task.baseTree));
    const red = recorded(story, "red", runOf("red", another), tree);
    const { evidenceId } = recorded(story, "command");
    const commands = { [another]: { exitCode: 0, evidenceId, output: "" } };
    expect(judgeWith(story, { base, red, commands }).effect).toBe("allow");
  });
});

describe("the tests that a gate found", () => {
  const red = { identity: "adds", file: "test/a.test.ts", wholeFile: false };

  function storyInTddWithRed(): Story {
    const gate = gateOf("red", checkOf({ name: "any", needs: ["evidence"], judge: () => ({ passed: true }) }));
    const workflow = workflowOf({
      phases: [phases.plan, { ...phases.tdd, gates: [gate] }, { ...phases.impl, gates: [gate] }, phases.done],
    });
    return storyInTdd(workflow);
  }

  function pass(story: Story, to: string) {
    const tree = treeOf(story.files);
    story.transition(to);
    const base = recorded(story, "base", runOf("base", story.task.baseTree, {}));
    const evidence =
      story.task.phase === "TDD"
        ? { base, red: recorded(story, "red", runOf("red", another, { adds: "failed" }), tree) }
        : { current: recorded(story, "current", runOf("green", tree, { adds: "passed", later: "skipped" })) };
    const resume = { type: "resume_transition" as const, operationId, newTokenId: story.nextTokenId() };
    return story.do(server, resume, { tree: story.treeNow(), artifacts: {}, evidence });
  }

  it("are kept as payloads of the decision, and undone by going back", () => {
    const story = storyInTddWithRed();
    story.files = filesOf({ ...Object.fromEntries(story.files), "test/a.test.ts": "red" });
    const tdd = pass(story, "IMPL");
    const found = { ...red, content: digestBytes("red").slice("sha256:".length), tree: another };
    expect(tdd.payloads?.map(({ body }) => body)).toEqual([[found]]);
    expect(story.task.redIdentities).toEqual([{ phase: "TDD", entry: 2, digest: digestJson([found]) }]);
    story.files = filesWith(story, { "src/a.ts": "green" });
    expect(pass(story, "DONE").payloads?.map(({ body }) => body)).toEqual([["adds"]]);
    expect(story.task).toMatchObject({
      redIdentities: [{ phase: "TDD" }],
      passedEarlier: [{ phase: "IMPL", entry: 3, digest: digestJson(["adds"]) }],
    });
    story.transition("IMPL");
    expect(story.task).toMatchObject({ redIdentities: [{ phase: "TDD" }], passedEarlier: [] });
    story.transition("TDD");
    expect(story.task.redIdentities).toEqual([]);
    // What was undone is remembered, once for each gate that found it.
    const first = { phase: "TDD", entry: 2, digest: digestJson([found]) };
    expect(story.task.redsEver).toEqual([first]);
    pass(story, "IMPL");
    expect(story.task.redsEver).toEqual([first, { ...first, entry: 6 }]);
    for (let round = 0; round < 60; round += 1) {
      story.transition("TDD");
      pass(story, "IMPL");
    }
    expect(story.task.redsEver).toHaveLength(50);
    expect(story.task.redsEver.at(-1)).toMatchObject({ entry: 126 });
  });

  it("move with a merged base", () => {
    const story = storyInTddWithRed();
    story.files = filesWith(story, { "test/a.test.ts": "red" });
    pass(story, "IMPL");
    const { entryTree, freezes, base, baseTree } = story.task;
    const merge = { base, baseTree, entryTree, tree: entryTree, frozenTrees: freezes.map(({ tree }) => tree) };
    story.do(olga, { type: "sync", ...merge, redIdentities: [] });
    expect(story.codes()).toEqual(["version_conflict"]);
    story.do(olga, { type: "sync", ...merge, redIdentities: [another] });
    expect(story.task.redIdentities).toEqual([{ phase: "TDD", entry: 2, digest: another }]);
    story.do(olga, { type: "sync", ...merge });
    expect(story.task.redIdentities).toEqual([{ phase: "TDD", entry: 2, digest: another }]);
    pass(story, "DONE");
    expect(story.task.redsEver).toEqual(story.task.redIdentities);
  });
});
