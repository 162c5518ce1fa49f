import { PhasegateError } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import type { Decision } from "../commands.ts";
import { newEvent } from "../decide/answer.ts";
import { ada, contextOf, olga } from "../testing/principals.ts";
import { claimedStory, filesWith, storyInDone, storyInTdd } from "../testing/stories.ts";
import { place, type Story } from "../testing/story.ts";
import { evolve, foldTask } from "./evolve.ts";

function next(story: Story, event: Decision["events"][number], version = story.task.version + 1) {
  return place(event, { version, principal: ada, now: story.now });
}

function released(epoch: number) {
  return newEvent(contextOf(ada), "task.released", { reason: "", phase: "PLAN", epoch });
}

function failed(epoch: number) {
  return newEvent(contextOf(ada), "task.failed", { reason: "", phase: "PLAN", epoch });
}

describe("evolve", () => {
  it("folds a task's events into the state that the commands left, one by one or at once", () => {
    const story = storyInDone();
    story.transition(null);
    expect(foldTask(story.events)).toEqual(story.task);
    expect(story.task).toMatchObject({ status: "completed", phase: "DONE", entry: 4, epoch: 5 });
  });

  it("keeps the history of stays", () => {
    const story = storyInTdd();
    expect(story.task.history).toMatchObject([
      { phase: "PLAN", entry: 1, leftAt: "2026-01-01T00:00:00.000Z" },
      { phase: "TDD", entry: 2, leftAt: null },
    ]);
  });

  it("keeps the latest submission of each artifact type", () => {
    const story = storyInTdd();
    const first = story.task.artifacts["plan"];
    expect(first).toMatchObject({ phase: "PLAN", entry: 1 });
    story.files = filesWith(story, { "test/a.test.ts": "red" });
    story.transition("IMPL", { artifacts: { plan: { summary: "other" } } });
    expect(story.task.artifacts["plan"]).toMatchObject({ phase: "TDD", entry: 2 });
  });

  it.each<[string, (story: Story) => unknown]>([
    ["a gap in the versions", (story) => evolve(story.task, next(story, released(2), 9))],
    ["an event before the creation", (story) => evolve(null, next(story, released(2), 1))],
    ["a second creation", (story) => evolve(story.task, { ...next(story, released(2)), ...created(story) })],
    ["an epoch that does not rise", (story) => evolve(story.task, next(story, released(1)))],
    ["an epoch that skips one", (story) => evolve(story.task, next(story, released(3)))],
    ["a status change that the table does not have", (story) => evolve(ended(story), next(story, failed(3)))],
    ["a release of what no one holds", (story) => evolve({ ...story.task, holder: null }, next(story, released(2)))],
    ["an event of no known type", (story) => evolve(story.task, { ...next(story, released(2)), type: "x" } as never)],
  ])("refuses %s", (_, fold) => {
    const story = claimedStory();
    expect(() => fold(story)).toThrow(PhasegateError);
    expect(() => fold(claimedStory())).toThrow(/cannot be folded/);
  });

  it("keeps at most 64 open calls: the oldest that agents run themselves fall out", () => {
    const story = storyInTdd();
    const first = story.call("bash", { via: "authorize", args: { command: "npm test" } }).events[0];
    for (let call = 0; call < 64; call += 1) story.call("bash", { via: "authorize", args: { command: "npm test" } });
    expect(story.task.openCalls).toHaveLength(64);
    expect(story.task.openCalls.some((call) => call.callId === first?.id)).toBe(false);
  });
});

function created(story: Story) {
  const event = story.events[0];
  return { type: event?.type, data: event?.data } as never as object;
}

function ended(story: Story) {
  story.do(olga, { type: "cancel", reason: "no longer wanted" });
  return story.task;
}
