import { digestJson } from "@phasegate/wire";
import type { WorkflowDigest } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import type { Command } from "../commands.ts";
import { ada, contextOf } from "../testing/principals.ts";
import { filesWith, fourPhases, storyInTdd } from "../testing/stories.ts";
import { decide } from "./decide.ts";

const renew: Command = { type: "renew", token: null };

describe("decide", () => {
  it("knows no command on a task that is not there", () => {
    expect(decide(null, renew, {}, fourPhases(), contextOf(ada))).toMatchObject({
      effect: "deny",
      reasons: [{ code: "unknown_task" }],
    });
  });

  it("denies by any workflow but the one that the task pins", () => {
    const other = { ...fourPhases(), digest: digestJson("edited on disk") as WorkflowDigest };
    const decision = decide(storyInTdd().task, renew, {}, other, contextOf(ada));
    expect(decision).toMatchObject({ effect: "deny", reasons: [{ code: "internal_error" }] });
    expect(decision.events).toHaveLength(1);
  });

  it("denies what a rule throws on, and puts back what cannot be judged", () => {
    const workflow = fourPhases();
    const tdd = workflow.phases.get("TDD");
    const throws = () => {
      throw new TypeError("bad pattern");
    };
    const phases = new Map(workflow.phases);
    if (tdd) phases.set("TDD", { ...tdd, judgeTool: throws, judgeChanges: throws });
    const story = storyInTdd({ ...workflow, phases: workflow.phases });
    const callId = story.call("bash", { args: { command: "npm test" } }).events[0]?.id ?? null;
    const broken = { ...workflow, phases };
    const call = { type: "call_tool" as const, via: "execute" as const, token: story.token(), toolName: "bash" };
    expect(
      decide(story.task, { ...call, args: {}, argsDigest: null, paths: [] }, {}, broken, contextOf(ada)),
    ).toMatchObject({
      effect: "deny",
      reasons: [{ code: "internal_error", message: "the decision could not be made: bad pattern" }],
    });
    Object.assign(story, { workflow: broken });
    expect(story.settle("bash", callId, filesWith(story, { "test/a.test.ts": "x" }))).toMatchObject({
      effect: "deny",
      rollBack: "all",
    });
  });

  it("denies a command that it does not know", () => {
    const decision = decide(storyInTdd().task, { type: "grant_all" } as never, {}, fourPhases(), contextOf(ada));
    expect(decision).toMatchObject({ effect: "deny", reasons: [{ code: "internal_error" }] });
  });
});
