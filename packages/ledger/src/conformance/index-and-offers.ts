import type { NewEvent } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import type { Ledger, TaskRow } from "../port.ts";
import {
  alice,
  appendTo,
  at,
  bob,
  claimed,
  completed,
  created,
  newEvent,
  released,
  reopened,
  someDigest,
  taskId,
  toolExecuted,
  transitioned,
  withLedger,
  type OpenLedger,
} from "./samples.ts";

/** The task index, dependencies, offers and lists. */
export function describeIndex(open: OpenLedger): void {
  describe("task index", () => {
    test("a row is the fold of its task's events", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [
          created({ title: "t", priority: 7, capabilities: ["gpu"], labels: ["x", "y"] }),
        ]);
        await appendTo(ledger, "one", [claimed()], { seconds: 1, lease: { expiresAt: 500 } });
        await appendTo(ledger, "one", [toolExecuted()], { seconds: 2 });
        expect(await ledger.getTask(taskId("one"))).toEqual({
          id: taskId("one"),
          version: 3,
          title: "t",
          status: "active",
          phase: "PLAN",
          entry: 1,
          epoch: 1,
          priority: 7,
          capabilities: ["gpu"],
          labels: ["x", "y"],
          dependencies: [],
          openDependencies: 0,
          workflowDigest: someDigest,
          workflowName: "standard",
          holderPrincipal: alice,
          agentId: "agent-a",
          assurance: "sandboxed",
          overridden: false,
          createdAt: at(0),
          updatedAt: at(2),
          leaseExpiresAt: 500,
        } satisfies TaskRow);
        expect(await ledger.getTask(taskId("none"))).toBeNull();
      }));

    test("status, phase, entry and epoch follow the events of one batch in their order", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created(), claimed()]);
        await appendTo(ledger, "one", [requested()]);
        expect(await ledger.getTask(taskId("one"))).toMatchObject({ status: "deciding" });
        await appendTo(ledger, "one", [blocked()]);
        expect(await ledger.getTask(taskId("one"))).toMatchObject({ status: "active", phase: "PLAN", entry: 1 });
        await appendTo(ledger, "one", [requested(), transitioned()]);
        expect(await ledger.getTask(taskId("one"))).toMatchObject({
          status: "active",
          phase: "TDD",
          entry: 2,
          epoch: 2,
        });
        await appendTo(ledger, "one", [released(3)]);
        expect(await ledger.getTask(taskId("one"))).toMatchObject({
          status: "ready",
          epoch: 3,
          holderPrincipal: null,
          agentId: null,
        });
      }));
  });

  describe("dependencies", () => {
    test("a task waits until its last dependency is completed, and becomes ready in that commit", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "a", [created(), claimed()]);
        await appendTo(ledger, "b", [created(), claimed()]);
        await appendTo(ledger, "c", [created({ dependencies: ["task_a", "task_b"] })]);
        expect(await ledger.getTask(taskId("c"))).toMatchObject({ status: "waiting", openDependencies: 2 });
        await appendTo(ledger, "a", [completed(2)]);
        expect(await ledger.getTask(taskId("c"))).toMatchObject({ status: "waiting", openDependencies: 1 });
        await appendTo(ledger, "b", [completed(2)]);
        expect(await ledger.getTask(taskId("c"))).toMatchObject({ status: "ready", openDependencies: 0 });
        expect(await ledger.offerTasks({ capabilities: [], limit: 10 })).toEqual(["task_c"]);
        expect(await ledger.dependentsOf(taskId("a"))).toEqual(["task_c"]);
        expect(await ledger.dependentsOf(taskId("c"))).toEqual([]);
      }));

    test("a dependency that is completed at creation is not open, whatever the creator saw", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "a", [created(), claimed(), completed(2)]);
        await appendTo(ledger, "b", [created({ dependencies: ["task_a"], waiting: true })]);
        await appendTo(ledger, "c", [created({ dependencies: ["task_none"], waiting: false })]);
        expect(await ledger.getTask(taskId("b"))).toMatchObject({ status: "ready", openDependencies: 0 });
        expect(await ledger.getTask(taskId("c"))).toMatchObject({ status: "waiting", openDependencies: 1 });
      }));

    test("reopening a dependency puts back who was not claimed, and leaves who was", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "a", [created(), claimed(), completed(2)]);
        await appendTo(ledger, "idle", [created({ dependencies: ["task_a"] })]);
        await appendTo(ledger, "begun", [created({ dependencies: ["task_a"] }), claimed()]);
        await appendTo(ledger, "a", [reopened(3)]);
        expect(await ledger.getTask(taskId("idle"))).toMatchObject({ status: "waiting", openDependencies: 1 });
        expect(await ledger.getTask(taskId("begun"))).toMatchObject({ status: "active", openDependencies: 1 });
        expect(await ledger.offerTasks({ capabilities: [], limit: 10 })).toEqual(["task_a"]);
      }));
  });

  describe("offers", () => {
    test("tasks are offered by priority, then by age", () =>
      withLedger(open, async (ledger) => {
        for (const [name, priority] of [
          ["a", 1],
          ["b", 9],
          ["c", 9],
          ["d", 5],
        ] as const) {
          await appendTo(ledger, name, [created({ priority })]);
        }
        expect(await ledger.offerTasks({ capabilities: [], limit: 10 })).toEqual([
          "task_b",
          "task_c",
          "task_d",
          "task_a",
        ]);
        expect(await ledger.offerTasks({ capabilities: [], limit: 2 })).toEqual(["task_b", "task_c"]);
      }));

    test("only tasks whose every capability is given are offered", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "plain", [created()]);
        await appendTo(ledger, "gpu", [created({ capabilities: ["gpu"], priority: 6 })]);
        await appendTo(ledger, "both", [created({ capabilities: ["python", "gpu"], priority: 7 })]);
        const offers = (capabilities: string[]) => ledger.offerTasks({ capabilities, limit: 10 });
        expect(await offers([])).toEqual(["task_plain"]);
        expect(await offers(["gpu"])).toEqual(["task_gpu", "task_plain"]);
        expect(await offers(["gpu", "python", "x"])).toEqual(["task_both", "task_gpu", "task_plain"]);
      }));

    test("a held or ended task is not offered; a released one is", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "held", [created(), claimed()]);
        await appendTo(ledger, "ended", [created(), claimed(), completed(2)]);
        await appendTo(ledger, "free", [created(), claimed(), released(2)]);
        expect(await ledger.offerTasks({ capabilities: [], limit: 10 })).toEqual(["task_free"]);
      }));
  });

  describe("task lists", () => {
    test("tasks are listed in order of creation, by pages, each once", () =>
      withLedger(open, async (ledger) => {
        for (const name of ["c", "a", "b", "e", "d"]) await appendTo(ledger, name, [created()]);
        expect(await pagesOf(ledger, { limit: 2 })).toEqual([["task_c", "task_a"], ["task_b", "task_e"], ["task_d"]]);
        expect(await pagesOf(ledger, { limit: 5 })).toEqual([["task_c", "task_a", "task_b", "task_e", "task_d"]]);
      }));

    test("lists can be narrowed by status, phase, label, agent and who held the task", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "a", [created({ labels: ["x"] }), claimed()]);
        await appendTo(ledger, "b", [
          created({ labels: ["x", "y"] }),
          claimed({ principal: bob, agent_id: "agent-b" }),
        ]);
        await appendTo(ledger, "c", [created({ phase: "IMPL" })]);
        await appendTo(ledger, "b", [released(2)]);
        const ids = async (query: object) => (await ledger.listTasks({ limit: 10, ...query })).rows.map(({ id }) => id);
        expect(await ids({ status: "ready" })).toEqual(["task_b", "task_c"]);
        expect(await ids({ phase: "IMPL" })).toEqual(["task_c"]);
        expect(await ids({ label: "x" })).toEqual(["task_a", "task_b"]);
        expect(await ids({ label: "y", status: "ready" })).toEqual(["task_b"]);
        expect(await ids({ agentId: "agent-a" })).toEqual(["task_a"]);
        expect(await ids({ agentId: "agent-b" })).toEqual([]);
        expect(await ids({ visibleTo: bob })).toEqual(["task_b"]);
        expect(await ids({ visibleTo: alice, status: "active" })).toEqual(["task_a"]);
      }));

    test("a cursor of another call is refused", () =>
      withLedger(open, async (ledger) => {
        await expect(ledger.listTasks({ limit: 1, cursor: "' or 1=1" })).rejects.toMatchObject({
          code: "invalid_request",
        });
      }));
  });
}

async function pagesOf(ledger: Ledger, query: { limit: number }): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Ledger["listTasks"]>> = await ledger.listTasks({
      ...query,
      ...(cursor === null ? {} : { cursor }),
    });
    pages.push(page.rows.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return pages;
}

function requested(): NewEvent {
  return newEvent("transition.requested", {
    operation_id: "op_1",
    from: "PLAN",
    to: "TDD",
    kind: "forward",
    token_id: "tok_1",
    entry: 1,
    epoch: 1,
  });
}

function blocked(): NewEvent {
  return newEvent("gate.blocked", {
    operation_id: "op_1",
    from: "PLAN",
    to: "TDD",
    gate: null,
    tree: someDigest,
    reasons: [],
    findings: [],
    would_deny: false,
  });
}
