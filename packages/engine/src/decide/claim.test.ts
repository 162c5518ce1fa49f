import type { Facts, Principal, TaskId, TaskStatus } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { ada, audrey, bob, eve, olga, rex, server } from "../testing/principals.ts";
import { claimedStory, fourPhases } from "../testing/stories.ts";
import { Story } from "../testing/story.ts";
import { workflowOf } from "../testing/workflow.ts";

const dependency = "task_dependency" as TaskId;

function created(options: Parameters<Story["create"]>[0] = {}): Story {
  const story = new Story(fourPhases());
  story.create(options);
  return story;
}

function waiting(status: TaskStatus): Story {
  return created({ dependencies: [dependency], facts: { dependencies: [{ id: dependency, status }] } });
}

describe("create", () => {
  it("puts a task into the first phase, entry 1, epoch 0, held by no one", () => {
    expect(created().task).toMatchObject({ status: "ready", phase: "PLAN", entry: 1, epoch: 0, holder: null });
  });

  it("is refused to an agent", () => {
    const story = new Story(fourPhases());
    const command = { ...createCommand(story), adHoc: false };
    expect(story.do(ada, command).reasons[0]?.code).toBe("forbidden");
    expect(story.do(ada, { ...command, adHoc: true }).effect).toBe("allow");
  });

  it("is refused for a dependency that does not exist, and for a task that waits for itself", () => {
    const story = new Story(fourPhases());
    expect(story.create({ dependencies: [dependency] }).reasons[0]?.code).toBe("unknown_task");
    const own = createCommand(story);
    expect(story.do(olga, { ...own, dependencies: [own.taskId] }).reasons[0]?.code).toBe("dependency_cycle");
  });

  it("is refused for a task that exists", () => {
    const story = created();
    expect(story.create().reasons[0]?.code).toBe("version_conflict");
  });

  it("waits while a dependency is open", () => {
    expect(waiting("active").task.status).toBe("waiting");
    expect(waiting("completed").task.status).toBe("ready");
  });
});

describe("claim", () => {
  it("gives the task to the claimant under a new epoch", () => {
    const story = created();
    expect(story.claim().effect).toBe("allow");
    expect(story.task).toMatchObject({ status: "active", epoch: 1, entry: 1, holder: { principal: ada.id } });
    expect(story.task.authors).toEqual([ada.id]);
  });

  it("by its own holder resumes: a new epoch in the same entry", () => {
    const story = claimedStory();
    expect(story.claim().effect).toBe("allow");
    expect(story.events.at(-1)?.data).toMatchObject({ resumed: true });
    expect(story.task).toMatchObject({ status: "active", epoch: 2, entry: 1 });
  });

  it("by the holder that does not name the task is no resumption", () => {
    const story = claimedStory();
    expect(story.claim(ada, { named: false }).reasons[0]?.code).toBe("task_not_claimable");
  });

  it("under another agent's name is refused, even by the same principal", () => {
    const story = claimedStory();
    expect(story.claim(ada, { agentId: "another" }).reasons[0]?.code).toBe("task_not_claimable");
  });

  it("of a task that another holds is refused", () => {
    const story = claimedStory();
    expect(story.claim(bob).reasons[0]).toMatchObject({
      code: "task_not_claimable",
      message: "the task is held by `ada`",
    });
    expect(story.task.holder?.principal).toBe(ada.id);
  });

  it("of a task that ended is refused", () => {
    const story = claimedStory();
    story.do(olga, { type: "cancel", reason: "no longer wanted" });
    expect(story.claim(bob).reasons[0]?.code).toBe("task_not_claimable");
  });

  it("below the workflow's assurance is refused, resumed or not", () => {
    const story = created();
    expect(story.claim(ada, { assurance: "hooked" }).reasons[0]?.code).toBe("assurance_insufficient");
    expect(story.claim(ada, { assurance: "mediated" }).effect).toBe("allow");
    expect(story.claim(ada, { assurance: "observed" }).reasons[0]?.code).toBe("assurance_insufficient");
  });

  it("never raises what the task was worked in at before", () => {
    const story = new Story(workflowOf({ assurance: "observed", phases: [{ id: "WORK" }] }));
    story.create({});
    story.claim(ada, { assurance: "hooked" });
    story.claim(ada, { named: true, assurance: "sandboxed" });
    expect(story.task.assurance).toBe("hooked");
    story.claim(ada, { named: true, assurance: "observed" });
    expect(story.task.assurance).toBe("observed");
  });

  it("asks for every capability that the task names", () => {
    const story = created({ capabilities: ["rust", "sql"] });
    expect(story.claim(ada, { capabilities: ["sql"] }).reasons[0]).toMatchObject({
      code: "task_not_claimable",
      message: "the task asks for capabilities that the claim does not name: `rust`",
    });
    expect(story.claim(ada, { capabilities: ["sql", "rust", "go"] }).effect).toBe("allow");
  });

  it.each<[TaskStatus, "allow" | "deny"]>([
    ["active", "deny"],
    ["failed", "deny"],
    ["completed", "allow"],
  ])("of a task whose dependency is `%s` is a matter of: %s", (status, effect) => {
    const facts = { dependencies: [{ id: dependency, status }] };
    expect(waiting("ready").claim(ada, {}, facts).effect).toBe(effect);
  });

  it("without the facts about its dependencies is refused", () => {
    expect(waiting("ready").claim().reasons[0]?.code).toBe("task_not_claimable");
    expect(waiting("completed").claim().reasons[0]?.code).toBe("task_not_claimable");
  });

  it("is refused to a principal that only looks", () => {
    expect(created().claim(audrey).reasons[0]?.code).toBe("forbidden");
  });

  it("is possible again when the lease expired, in the same phase and entry", () => {
    const story = claimedStory();
    story.do(server, { type: "expire", leaseExpiredAt: story.now });
    expect(story.task).toMatchObject({ status: "ready", epoch: 2, entry: 1, holder: null });
    expect(story.claim(bob).effect).toBe("allow");
    expect(story.task.authors).toEqual([ada.id, bob.id]);
  });
});

function createCommand(story: Story) {
  const other = new Story(story.workflow);
  other.create();
  return {
    type: "create" as const,
    taskId: other.task.id,
    title: "a task",
    description: null,
    priority: 0,
    capabilities: [],
    labels: [],
    dependencies: [] as readonly TaskId[],
    workflowDigest: story.workflow.digest,
    base: other.task.base,
    tree: other.task.entryTree,
    adHoc: false,
  };
}

describe("claim of a review task", () => {
  const spawnedBy = { taskId: "task_reviewed" as TaskId, depth: 0, siblings: 0 };
  const reviewing = { capabilities: ["review"] };
  const reviewed = { authors: [ada.id], authorOwners: [olga.id] };

  function claimedBy(principal: Principal, facts: Facts = { reviewed }, made: Parameters<Story["create"]>[0] = {}) {
    return created({ spawnedBy, ...reviewing, ...made }).claim(principal, reviewing, facts);
  }

  it("is for those who have no part in the work", () => {
    expect(claimedBy(bob).effect).toBe("allow");
    expect(claimedBy(rex).effect).toBe("allow");
  });

  it.each([
    ["an author", ada],
    ["another agent of an author's owner", eve],
    ["what an author owns", { ...bob, owner: ada.id }],
  ])("is refused to %s", (_, principal) => {
    expect(claimedBy(principal).reasons[0]?.code).toBe("self_review");
  });

  it("is refused to all while nothing tells who the authors are", () => {
    expect(claimedBy(bob, {}).reasons[0]?.code).toBe("self_review");
  });

  it("is as any other where the task only follows from the work", () => {
    expect(claimedBy(ada, {}, { capabilities: [] }).effect).toBe("allow");
  });
});
