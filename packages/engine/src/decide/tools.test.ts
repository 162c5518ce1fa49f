import type { EventId } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import type { TaskState } from "../task-state.ts";
import { ada, bob, olga, server } from "../testing/principals.ts";
import { gateOf, waitsFor } from "../testing/checks.ts";
import { claimedStory, filesWith, fourPhases, phases, storyInImpl, storyInTdd } from "../testing/stories.ts";
import { operationId, type Story } from "../testing/story.ts";
import { workflowOf } from "../testing/workflow.ts";

const noCall = "evt_none" as EventId;
const testFile = [{ path: "test/a.test.ts", exists: false }];
const sourceFile = [{ path: "src/a.ts", exists: false }];

/** A task in TDD whose transition waits for evidence. */
function storyDeciding() {
  const tdd = { ...phases.tdd, gates: [gateOf("red", waitsFor("evidence"))] };
  const story = storyInTdd(workflowOf({ phases: [phases.plan, tdd, phases.impl] }));
  story.transition("IMPL");
  return story;
}

describe("call_tool", () => {
  it("opens a call for an effect, and none for a read, which is recorded when it has run", () => {
    const story = storyInTdd();
    story.call("write_files", { paths: testFile });
    expect(story.recorded()).toEqual(["tool.started"]);
    expect(story.task.openCalls).toHaveLength(1);
    expect(story.call("read_files").effect).toBe("allow");
    expect(story.recorded()).toEqual([]);
    story.settle("read_files", null);
    expect(story.recorded()).toEqual(["tool.executed"]);
  });

  it("opens a call for whatever an agent does with its own tools", () => {
    const story = claimedStory();
    story.call("read_files", { via: "authorize" });
    expect(story.recorded()).toEqual(["tool.started"]);
  });

  it("denies a tool that the phase does not list, in the promised words", () => {
    const story = claimedStory();
    story.call("write_files", { paths: testFile });
    expect(story.last?.reasons[0]).toMatchObject({
      code: "tool_not_allowed",
      message: "Tool 'write_files' not allowed in phase 'PLAN'. Allowed tools: read_files, grep",
      rule: "agent_workflow.yaml:10:5",
      next: { method: "GET", path: "/api/v1/state/snapshot" },
    });
    expect(story.recorded()).toEqual(["tool.denied"]);
  });

  it("judges an alias as the tool that it names", () => {
    expect(claimedStory().call("search_codebase").effect).toBe("allow");
  });

  it("denies a path that the phase may not write, and a protected one", () => {
    const story = storyInTdd();
    story.call("write_files", { paths: sourceFile });
    expect(story.codes()).toEqual(["path_not_allowed"]);
    story.call("write_files", { paths: [{ path: ".phasegate/x", exists: false }] });
    expect(story.codes()).toEqual(["path_protected"]);
  });

  it("denies a path that an earlier phase froze", () => {
    const story = storyInImpl();
    expect(story.call("write_files", { paths: sourceFile }).effect).toBe("allow");
    story.call("write_files", { paths: [{ path: "test/snap/a", exists: true }] });
    expect(story.codes()).toEqual(["path_not_allowed"]);
    expect(story.last?.reasons[0]?.message).toBe("`test/snap/a` is frozen");
  });

  it("denies a path that the runner refused, in its words, in every mode", () => {
    const refusal = { code: "path_outside_workspace" as const, message: "`/etc/passwd` lies outside" };
    for (const mode of ["strict", "advisory"] as const) {
      const story = storyInTdd(fourPhases(mode));
      story.call("restore_files", { paths: [{ path: "/etc/passwd", exists: true, refusal }] });
      expect(story.codes()).toEqual(["path_outside_workspace"]);
    }
  });

  it("allows to put any path back, but nothing within git's own data", () => {
    const story = storyInTdd();
    expect(story.call("restore_files", { paths: [{ path: "src/old.ts", exists: true }] }).effect).toBe("allow");
    story.call("restore_files", { paths: [{ path: ".git/config", exists: true }] });
    expect(story.codes()).toEqual(["path_protected"]);
  });

  it("judges the command line of bash, and denies a call without one", () => {
    const story = storyInTdd();
    expect(story.call("bash", { args: { command: "npm test" } }).effect).toBe("allow");
    story.call("bash", { args: { command: "curl example.org" } });
    expect(story.codes()).toEqual(["command_not_allowed"]);
    story.call("bash", { args: {} });
    expect(story.codes()).toEqual(["invalid_request"]);
  });

  it("denies a listed tool that nothing here runs, yet lets an agent run its own", () => {
    const workflow = workflowOf({ phases: [{ id: "ONLY", tools: ["web_fetch"] }] });
    const story = claimedStory(workflow);
    story.call("web_fetch");
    expect(story.codes()).toEqual(["tool_not_available"]);
    expect(story.call("web_fetch", { via: "authorize" }).effect).toBe("allow");
  });

  it("makes effects wait while a transition is judged, and lets reads go on", () => {
    const story = storyDeciding();
    story.call("write_files", { paths: testFile });
    expect(story.last?.reasons[0]).toMatchObject({
      code: "transition_in_progress",
      next: { method: "GET", path: `/api/v1/operations/${operationId}` },
    });
    expect(story.call("read_files").effect).toBe("allow");
    expect(story.settle("read_files", null).effect).toBe("allow");
  });

  it("denies past the number of calls that may run at once", () => {
    const story = storyInTdd();
    for (let call = 0; call < 64; call += 1) story.call("bash", { args: { command: "npm test" } });
    expect(story.task.openCalls).toHaveLength(64);
    story.call("bash", { args: { command: "npm test" } });
    expect(story.codes()).toEqual(["overloaded"]);
  });
});

describe("what a call would write inside a file", () => {
  const entry = { path: "src/a.json", type: "file" as const, permissions: 0o644, content: "", size: 2 };
  const foreseen = {
    change: { path: entry.path, kind: "modified" as const, before: entry, after: entry },
    contents: { before: "{}", after: '{"scripts":1}' },
  };
  const reason = { code: "path_not_allowed" as const, message: "`#/scripts` changed", hint: "leave it" };

  function storyThatLooksInside(): Story {
    const workflow = fourPhases();
    const impl = workflow.phases.get("IMPL")!;
    const judgeChanges: typeof impl.judgeChanges = (changes, contents) =>
      changes.flatMap(({ path }) => (contents[path]?.after?.includes("scripts") ? [{ path, reason }] : []));
    return storyInImpl({ ...workflow, phases: new Map(workflow.phases).set("IMPL", { ...impl, judgeChanges }) });
  }

  it.each(["execute", "authorize"] as const)("is refused before it is written, by %s", (via) => {
    const story = storyThatLooksInside();
    story.call("write_files", { via, paths: [{ path: entry.path, exists: true, foreseen }] });
    expect([story.codes(), story.recorded()]).toEqual([["path_not_allowed"], ["tool.denied"]]);
  });

  it("is granted where the rule allows it, and where nobody can tell beforehand", () => {
    const story = storyThatLooksInside();
    const harmless = { ...foreseen, contents: { before: "{}", after: '{"version":2}' } };
    for (const told of [{ foreseen: harmless }, {}]) {
      story.call("write_files", { paths: [{ path: entry.path, exists: true, ...told }] });
      expect(story.recorded()).toEqual(["tool.started"]);
    }
  });
});

describe("record_tool", () => {
  const outcome = { success: true, error: null, resultDigest: null, durationMs: 3 };

  it("is for the principal that authorized the call, once", () => {
    const story = storyInTdd();
    const event = story.call("bash", { via: "authorize", args: { command: "npm test" } }).events[0];
    const record = { type: "record_tool" as const, callId: event?.id ?? noCall, ...outcome };
    story.do(bob, record);
    expect(story.codes()).toEqual(["unknown_call"]);
    story.do(ada, record);
    expect(story.last?.events[0]).toMatchObject({ type: "tool.executed", data: { source: "self_reported" } });
    story.do(ada, record);
    expect(story.codes()).toEqual(["unknown_call"]);
  });

  it("is not for a call that the runner runs", () => {
    const story = storyInTdd();
    const event = story.call("bash", { args: { command: "npm test" } }).events[0];
    story.do(ada, { type: "record_tool", callId: event?.id ?? noCall, ...outcome });
    expect(story.codes()).toEqual(["unknown_call"]);
  });
});

describe("record_tool by who no longer holds the task", () => {
  const outcome = { success: true, error: null, resultDigest: null, durationMs: 3 };

  function recordAfter(end: (story: Story) => void): { readonly story: Story; readonly before: TaskState } {
    const story = storyInTdd();
    const callId = story.call("bash", { via: "authorize", args: { command: "npm test" } }).events[0]?.id ?? noCall;
    end(story);
    const before = story.task;
    story.do(ada, { type: "record_tool", callId, ...outcome });
    return { story, before };
  }

  it.each<[string, (story: Story) => void]>([
    ["gave it back", (story) => story.do(ada, { type: "release", token: story.token(), reason: "lunch" })],
    ["held it to its end", (story) => story.do(olga, { type: "cancel", reason: "no more" })],
  ])("tells of the stay in which the call was made, and changes nothing, while nobody does: who %s", (_, end) => {
    const { story, before } = recordAfter(end);
    expect(story.last?.events).toMatchObject([
      { type: "tool.executed", data: { source: "self_reported", phase: "TDD", entry: 2, epoch: before.epoch - 1 } },
    ]);
    expect(story.task).toEqual({ ...before, openCalls: [], version: before.version + 1 });
  });

  it("is refused once another principal holds it", () => {
    const { story } = recordAfter((one) => {
      one.do(ada, { type: "release", token: one.token(), reason: "lunch" });
      one.claim(bob);
    });
    expect(story.codes()).toEqual(["unknown_call"]);
  });
});

describe("interrupt_tools", () => {
  it("closes the calls that it names, and leaves others and what agents run themselves", () => {
    const story = storyInTdd();
    for (const via of ["execute", "execute", "authorize"] as const) {
      story.call("bash", { via, args: { command: "npm test" } });
    }
    const [first, second, own] = story.task.openCalls;
    const calls = [first, own].map((call) => call?.callId ?? noCall);
    story.do(server, { type: "interrupt_tools", calls, reason: "the server stopped" });
    expect(story.recorded()).toEqual(["tool.interrupted"]);
    expect(story.task.openCalls).toEqual([second, own]);
    story.do(server, { type: "interrupt_tools", calls, reason: "the server stopped" });
    expect(story.recorded()).toEqual([]);
  });
});

describe("permissive and advisory mode", () => {
  it.each(["permissive", "advisory"] as const)("in %s, tool lists, paths and commands warn", (mode) => {
    const story = storyInTdd(fourPhases(mode));
    for (const decision of [
      story.call("git_commit"),
      story.call("write_files", { paths: sourceFile }),
      story.call("bash", { args: { command: "curl example.org" } }),
    ]) {
      expect(decision.effect).toBe("allow");
      expect(decision.warnings).toHaveLength(1);
      expect(decision.events[0]?.data).toMatchObject({ would_deny: [{ code: decision.warnings[0]?.code }] });
    }
  });

  it.each(["permissive", "advisory"] as const)("in %s, protected paths and dead tokens are denied", (mode) => {
    const story = storyInTdd(fourPhases(mode));
    story.call("write_files", { paths: [{ path: ".phasegate/x", exists: false }] });
    expect(story.codes()).toEqual(["path_protected"]);
    story.call("read_files", { token: story.token({ epoch: 0 }) });
    expect(story.codes()).toEqual(["token_superseded"]);
  });

  it("keeps what a call changed, and says what strict would have put back", () => {
    const story = storyInTdd(fourPhases("permissive"));
    const decision = story.run("bash", filesWith(story, { "src/old.ts": "new" }), { args: { command: "npm x" } });
    expect(decision).toMatchObject({ effect: "allow", rollBack: "none", warnings: [{ code: "path_not_allowed" }] });
    expect(story.files.get("src/old.ts")).toBe("new");
  });

  it("puts a call back all the same that changed a protected path", () => {
    const story = storyInTdd(fourPhases("permissive"));
    const decision = story.run("bash", filesWith(story, { ".phasegate/x": "y" }), { args: { command: "npm x" } });
    expect(decision).toMatchObject({ effect: "deny", rollBack: "all" });
  });
});
