import type { Facts, OperationId } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { checkOf, gateOf, treeHas, waitsFor } from "../testing/checks.ts";
import { ada, bob, olga, server } from "../testing/principals.ts";
import {
  claimedStory,
  filesWith,
  fourPhases,
  phases,
  storyInDone,
  storyInImpl,
  storyInTdd,
} from "../testing/stories.ts";
import { operationId, type Story } from "../testing/story.ts";
import { treeFacts, treeOf } from "../testing/trees.ts";
import { summaryArtifact, workflowOf } from "../testing/workflow.ts";

const plan = { plan: { summary: "s" } };

function withEvidence(story: Story): Facts {
  const facts = { tree: story.treeNow(), artifacts: {}, evidence: {} };
  return facts;
}

describe("request_transition", () => {
  it("begins the next entry on the tree that was judged, under a new epoch", () => {
    const story = claimedStory();
    const decision = story.transition("TDD", { artifacts: plan });
    expect(decision.effect).toBe("allow");
    expect(story.recorded()).toEqual([
      "transition.requested",
      "artifact.submitted",
      "gate.passed",
      "task.transitioned",
    ]);
    expect(story.task).toMatchObject({
      status: "active",
      phase: "TDD",
      entry: 2,
      epoch: 2,
      entryTree: treeOf(story.files),
    });
  });

  it("from a phase that the task is not in is stale", () => {
    const story = storyInTdd();
    story.transition("TDD", { currentPhase: "PLAN" });
    expect(story.codes()).toEqual(["stale_phase"]);
    expect(story.recorded()).toEqual(["violation.detected"]);
  });

  it("that is not defined is refused with those that are", () => {
    const story = storyInTdd();
    story.transition("DONE");
    expect(story.last?.reasons[0]).toMatchObject({
      code: "no_such_transition",
      message: "No transition defined from `TDD` to `DONE`",
      hint: "from `TDD` a task may go to `IMPL`, `PLAN`",
    });
  });

  it("while another is judged waits", () => {
    const tdd = { ...phases.tdd, gates: [gateOf("red", waitsFor("evidence"))] };
    const story = storyInTdd(workflowOf({ phases: [phases.plan, tdd, phases.impl] }));
    story.transition("IMPL");
    story.transition("IMPL", { operationId: "op_2" as OperationId });
    expect(story.codes()).toEqual(["transition_in_progress"]);
  });

  it("without a required artifact is blocked, and the phase stays with its holder", () => {
    const story = claimedStory();
    const decision = story.transition("TDD");
    expect(decision.reasons[0]).toMatchObject({ code: "artifact_missing", rule: "agent_workflow.yaml:70:9" });
    expect(decision.findings[0]).toMatchObject({ check: "artifact_missing", severity: "blocking" });
    expect(story.recorded()).toEqual(["transition.requested", "gate.blocked"]);
    expect(story.task).toMatchObject({ status: "active", phase: "PLAN", epoch: 1, pendingTransition: null });
    expect(story.task.findings).toHaveLength(1);
  });

  it("with an artifact that does not fit names the place", () => {
    const story = claimedStory();
    story.transition("TDD", { artifacts: { plan: { summary: 3 } } });
    expect(story.last?.reasons[0]).toMatchObject({
      code: "artifact_invalid",
      message: "artifact `plan` at `/summary`: must be a string",
    });
  });

  it("with an artifact that fails its validation check is blocked", () => {
    const check = checkOf({
      name: "has_scope",
      needs: ["artifacts"],
      judge: () => ({ passed: false, message: "none" }),
    });
    const first = { ...phases.plan, artifacts: [summaryArtifact("plan", { validation: [check] })] };
    const story = claimedStory(workflowOf({ phases: [first, phases.tdd] }));
    const decision = story.transition("TDD", { artifacts: plan });
    expect(decision.reasons[0]).toMatchObject({ code: "gate_blocked", message: "none" });
  });

  it("judges everything at once: artifacts, paths, blockers, gates", () => {
    const impl = { ...phases.impl, artifacts: [summaryArtifact("notes")] };
    const story = storyInTdd(workflowOf({ phases: [phases.plan, { ...phases.tdd, artifacts: impl.artifacts }, impl] }));
    story.files = filesWith(story, { "src/old.ts": "new" });
    story.do(ada, { type: "record_blocker", blockerId: "blk_1" as never, text: "the schema is open", waitsFor: null });
    story.transition("IMPL");
    expect(story.codes()).toEqual(["artifact_missing", "path_not_allowed", "blocker_open", "gate_blocked"]);
  });

  it("names the check's own words, or the workflow's with the check's as hint", () => {
    const gate = gateOf("tests", treeHas("a"), treeHas("b", { message: "write b first" }));
    const story = claimedStory(
      workflowOf({
        phases: [
          { id: "A", gates: [gate] },
          { id: "B", tools: ["grep"] },
        ],
      }),
    );
    story.transition("B");
    expect(story.last?.reasons).toMatchObject([
      { message: "`a` is missing", hint: "`tree_has_a` passes when the fixture says so" },
      { message: "write b first", hint: "`b` is missing" },
    ]);
    expect(story.last?.events.at(-1)?.data).toMatchObject({ gate: "tests", would_deny: false });
  });

  it("turns findings that do not block into warnings", () => {
    const gate = gateOf("tests", treeHas("a", { severity: "warning" }), treeHas("b", { severity: "info" }));
    const story = claimedStory(
      workflowOf({
        phases: [
          { id: "A", gates: [gate] },
          { id: "B", tools: ["grep"] },
        ],
      }),
    );
    const decision = story.transition("B");
    expect(decision.effect).toBe("allow");
    expect(decision.warnings.map((warning) => warning.message)).toEqual(["`a` is missing", "`b` is missing"]);
  });

  it("does not pass a check that throws", () => {
    const broken = checkOf({
      name: "broken",
      needs: [],
      judge: () => {
        throw new TypeError("no such thing");
      },
    });
    const story = claimedStory(
      workflowOf({
        phases: [
          { id: "A", gates: [gateOf("g", broken)] },
          { id: "B", tools: ["grep"] },
        ],
      }),
    );
    expect(story.transition("B").reasons[0]).toMatchObject({
      code: "gate_blocked",
      message: "`broken` could not be judged: no such thing",
    });
  });

  it("marks what passed on the agent's word", () => {
    const gate = gateOf(
      "green",
      checkOf({ name: "tests_pass", needs: ["evidence"], selfReported: true, judge: () => ({ passed: true }) }),
    );
    const story = claimedStory(
      workflowOf({
        phases: [
          { id: "A", gates: [gate] },
          { id: "B", tools: ["grep"] },
        ],
      }),
    );
    const decision = story.transition("B");
    expect(decision.findings).toMatchObject([{ check: "tests_pass", source: "self_reported", severity: "info" }]);
    expect(story.task.selfReported).toBe(true);
  });
});

describe("the tree that is judged", () => {
  it("blocks a change that the phase may not make, with the call that puts it back", () => {
    const story = storyInTdd();
    story.files = filesWith(story, { "test/a.test.ts": "red", "src/old.ts": "new" });
    const decision = story.transition("IMPL");
    expect(decision.findings[0]).toMatchObject({ check: "only_allowed_paths_changed", source: "tree" });
    expect(decision.reasons[0]).toMatchObject({
      code: "path_not_allowed",
      next: { body: { tool_name: "restore_files", args: { paths: ["src/old.ts"] } } },
    });
  });

  it("blocks it on the way back as well", () => {
    const story = storyInTdd();
    story.files = filesWith(story, { "src/old.ts": "new" });
    story.transition("PLAN");
    expect(story.codes()).toEqual(["path_not_allowed"]);
  });

  it("blocks it on completion as well", () => {
    const story = storyInDone();
    story.files = filesWith(story, { "src/old.ts": "new" });
    story.transition(null);
    expect(story.codes()).toEqual(["path_not_allowed"]);
  });

  it("blocks a change to what an earlier phase froze", () => {
    const story = storyInTdd();
    story.files = filesWith(story, { "test/a.test.ts": "red", "test/snap/x": "1" });
    story.transition("IMPL");
    expect(story.task.freezes).toMatchObject([{ phase: "TDD", entry: 2, tree: treeOf(story.files) }]);
    story.files = filesWith(story, { "src/a.ts": "green", "test/snap/x": "2" });
    const decision = story.transition("DONE");
    expect(decision.findings).toMatchObject([{ check: "tests_unchanged_since", message: "`test/snap/x` is frozen" }]);
  });

  it("lets new files be added where the freeze says so", () => {
    const tdd = { ...phases.tdd, mayAdd: true };
    const story = storyInImpl(workflowOf({ phases: [phases.plan, tdd, phases.impl, phases.done] }));
    story.files = filesWith(story, { "src/a.ts": "green", "test/snap/new": "1" });
    expect(story.transition("DONE").effect).toBe("allow");
  });

  it("blocks what no tree may hold", () => {
    const story = storyInTdd();
    story.files = filesWith(story, { "test/a.test.ts": "red" });
    const tree = { ...story.treeNow(), unsupported: [{ path: "test/pipe", reason: "fifo" as const }] };
    story.transition("IMPL", { facts: { tree, artifacts: {} } });
    expect(story.codes()).toEqual(["unsupported_entry"]);
  });

  it("names what it left out of the tree, and blocks nothing for it", () => {
    const story = storyInTdd();
    story.files = filesWith(story, { "test/a.test.ts": "red" });
    const tree = { ...story.treeNow(), litter: ["a", "b", "c", "d", "e", "f"] };
    const decision = story.transition("IMPL", { facts: { tree, artifacts: {} } });
    expect(decision.effect).toBe("allow");
    expect(decision.warnings.map(({ message }) => message)).toEqual([
      "left out of the tree, since no phase may write it: `a`, `b`, `c`, `d`, `e` and 1 more",
    ]);
  });

  it.each(["strict", "permissive", "advisory"] as const)("not being read blocks in %s mode", (mode) => {
    const story = storyInTdd(fourPhases(mode));
    story.transition("IMPL", { facts: { artifacts: {} } });
    expect(story.codes()).toContain("workspace_unavailable");
    expect(story.task.phase).toBe("TDD");
  });

  it("not being compared with the entry tree blocks", () => {
    const story = storyInTdd();
    story.files = filesWith(story, { "test/a.test.ts": "red" });
    story.transition("IMPL", { facts: { tree: treeFacts(story.files, []), artifacts: {} } });
    // Once for what the phase may change, once for links among what it fixes.
    expect(story.codes()).toEqual(["workspace_unavailable", "workspace_unavailable"]);
  });
});

describe("rework", () => {
  it("goes back without artifacts, gates or resolved blockers", () => {
    const impl = { ...phases.impl, artifacts: [summaryArtifact("report")] };
    const story = storyInImpl(workflowOf({ phases: [phases.plan, phases.tdd, impl, phases.done] }));
    story.do(olga, { type: "record_blocker", blockerId: "blk_1" as never, text: "wrong tests", waitsFor: null });
    expect(story.transition("TDD").effect).toBe("allow");
    expect(story.task).toMatchObject({ phase: "TDD", entry: 4, epoch: 4 });
  });

  it("lifts what the target phase and those after it froze", () => {
    const story = storyInImpl();
    expect(story.task.freezes).toHaveLength(1);
    story.transition("TDD");
    expect(story.task.freezes).toEqual([]);
    story.files = filesWith(story, { "test/a.test.ts": "better" });
    expect(story.transition("IMPL").effect).toBe("allow");
    expect(story.task.freezes).toMatchObject([{ phase: "TDD", entry: 4 }]);
  });

  it("to a phase after the freeze keeps it", () => {
    const story = storyInDone();
    story.transition("IMPL");
    expect(story.task.freezes).toMatchObject([{ phase: "TDD" }]);
  });
});

describe("completion", () => {
  it("ends the task from its last phase only", () => {
    const story = storyInImpl();
    story.transition(null);
    expect(story.codes()).toEqual(["not_last_phase"]);
    const last = storyInDone();
    expect(last.transition(null).effect).toBe("allow");
    expect(last.task).toMatchObject({ status: "completed", holder: null, epoch: 5 });
  });

  it("happens on entry to a last phase in which nothing is to be done", () => {
    const story = claimedStory(workflowOf({ phases: [{ id: "A", tools: ["grep"] }, { id: "END" }] }));
    story.transition("END");
    expect(story.recorded().slice(-2)).toEqual(["task.transitioned", "task.completed"]);
    expect(story.task).toMatchObject({ status: "completed", phase: "END", epoch: 3 });
  });

  it.each([{ tools: ["grep"] }, { artifacts: [summaryArtifact("report")] }, { gates: [gateOf("g", treeHas("a"))] }])(
    "does not happen on entry where something is to be done: %j",
    (last) => {
      const story = claimedStory(
        workflowOf({
          phases: [
            { id: "A", tools: ["grep"] },
            { id: "END", ...last },
          ],
        }),
      );
      story.transition("END");
      expect(story.task).toMatchObject({ status: "active", phase: "END" });
    },
  );
});

describe("a transition whose facts are missing", () => {
  function storyWaiting(): Story {
    const tdd = { ...phases.tdd, gates: [gateOf("red", waitsFor("evidence"))] };
    return storyInTdd(workflowOf({ phases: [phases.plan, tdd, phases.impl] }));
  }

  it("waits for those that can be gathered", () => {
    const story = storyWaiting();
    const decision = story.transition("IMPL");
    expect(decision).toMatchObject({ effect: "pending", needs: ["evidence"], reasons: [] });
    expect(story.recorded()).toEqual(["transition.requested"]);
    expect(story.task).toMatchObject({ status: "deciding", phase: "TDD", epoch: 2 });
  });

  it("is judged again with them, and consumes the token that asked", () => {
    const story = storyWaiting();
    const { tokenId } = story.token();
    story.transition("IMPL");
    const resume = { type: "resume_transition" as const, operationId, newTokenId: story.nextTokenId() };
    expect(story.do(server, resume, { tree: story.treeNow() }).effect).toBe("pending");
    expect(story.do(server, resume, withEvidence(story)).effect).toBe("allow");
    expect(story.task).toMatchObject({ phase: "IMPL", lastTransition: { consumedTokenId: tokenId } });
  });

  it("is refused at once where something else blocks", () => {
    const story = storyWaiting();
    story.files = filesWith(story, { "src/old.ts": "new" });
    expect(story.transition("IMPL").effect).toBe("deny");
  });

  it("can be withdrawn by its holder, not by another", () => {
    const story = storyWaiting();
    story.transition("IMPL");
    const withdraw = { type: "withdraw_transition" as const, operationId, reason: "changed my mind" };
    story.do(bob, withdraw);
    expect(story.codes()).toEqual(["forbidden"]);
    story.do(ada, withdraw);
    expect(story.task).toMatchObject({ status: "active", pendingTransition: null });
    story.do(ada, withdraw);
    expect(story.codes()).toEqual(["unknown_operation"]);
  });

  it("ends with the stay of its holder", () => {
    const story = storyWaiting();
    story.transition("IMPL");
    story.do(ada, { type: "release", token: story.token(), reason: "lunch" });
    expect(story.recorded()).toEqual(["transition.withdrawn", "task.released"]);
    expect(story.task).toMatchObject({ status: "ready", pendingTransition: null });
  });

  it("outlives the return of its holder", () => {
    const story = storyWaiting();
    story.transition("IMPL");
    story.claim();
    expect(story.task).toMatchObject({ status: "deciding", epoch: 3 });
    const resume = { type: "resume_transition" as const, operationId, newTokenId: story.nextTokenId() };
    expect(story.do(server, resume, withEvidence(story)).effect).toBe("allow");
  });
});
