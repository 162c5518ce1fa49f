import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent, TaskId } from "@phasegate/wire";
import { array, assert, asyncProperty, constantFrom, integer, oneof, record, tuple } from "fast-check";
import { afterAll, expect, test } from "vitest";
import {
  alice,
  batchOf,
  bob,
  claimed,
  completed,
  created,
  newJob,
  payloadOf,
  released,
  reopened,
  taskId,
  toolDenied,
  toolExecuted,
  transitioned,
} from "../conformance/samples.ts";
import { openMemoryLedger } from "../memory/memory-ledger.ts";
import type { AppendBatch, Ledger } from "../port.ts";
import { verifyLedger } from "../verify/index.ts";
import { openSqliteLedger } from "./sqlite-ledger.ts";

const folder = mkdtempSync(join(tmpdir(), "phasegate-model-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = ["a", "b", "c", "d"] as const;
type Step = (ledger: Ledger) => Promise<unknown>;

const anyName = constantFrom(...names);
const anyPrincipal = constantFrom(alice, bob);

/** Events that, after the first, need not make sense after each other: the index must treat them alike in every back end. */
const anyEvents = array(
  oneof(
    tuple(array(anyName, { maxLength: 2 }), integer({ min: 0, max: 2 }), constantFrom<string[]>([], ["gpu"])).map(
      ([dependencies, priority, capabilities]) =>
        () =>
          created({ dependencies: dependencies.map((name) => `task_${name}`), priority, capabilities }),
    ),
    tuple(anyPrincipal, integer({ min: 1, max: 3 })).map(
      ([principal, epoch]) =>
        () =>
          claimed({ principal, epoch }),
    ),
    constantFrom<() => NewEvent>(
      () => released(2),
      () => completed(3),
      () => reopened(4),
      () => transitioned(),
      () => toolExecuted(),
      () => toolExecuted({ success: false, tool_name: "bash" }),
      () => toolDenied("bash"),
    ),
  ),
  { minLength: 1, maxLength: 3 },
);

const anyStep = oneof(
  {
    weight: 6,
    arbitrary: record({
      name: anyName,
      events: anyEvents,
      behind: constantFrom(0, 0, 0, 0, 1),
      lease: constantFrom<AppendBatch["lease"]>(undefined, null, { expiresAt: 100 }, { expiresAt: 200 }),
      jobs: constantFrom(0, 1),
      authority: constantFrom<Partial<AppendBatch>>({}, { changesAuthority: true }, { expectedAuthority: 0 }),
    }).map(({ name, events, behind, lease, jobs, authority }) => {
      const made = events.map((make) => make());
      const first = created();
      const job = newJob(`${made[0]?.id.slice(4)}`, { taskId: taskId(name), fairnessKey: name });
      const step: Step = async (ledger) => {
        const end = (await ledger.readStream(`task/task_${name}`)).length;
        return ledger.append(
          batchOf(`task/task_${name}`, end === 0 ? [first, ...made] : made, {
            expectedVersion: end + behind,
            ...authority,
            ...(lease === undefined ? {} : { lease }),
            ...(jobs === 0 ? {} : { jobs: [job] }),
            payloads: [payloadOf({ name })],
          }),
        );
      };
      return step;
    }),
  },
  {
    weight: 1,
    arbitrary: tuple(anyName, anyPrincipal, integer({ min: 1, max: 3 })).map(
      ([name, principal, epoch]): Step =>
        (ledger) =>
          ledger.renewLease({ taskId: taskId(name), principal, epoch, expiresAt: 300 }),
    ),
  },
  {
    weight: 1,
    arbitrary: integer({ min: 50, max: 250 }).map(
      (now): Step =>
        (ledger) =>
          ledger.takeJobs({ owner: "w", now, leaseMs: 20, limit: 2 }),
    ),
  },
  {
    weight: 1,
    arbitrary: anyName.map(
      (name): Step =>
        (ledger) =>
          ledger.cancelJobs({ taskId: taskId(name) }),
    ),
  },
);

/** All that can be asked of a ledger. */
async function observe(ledger: Ledger): Promise<unknown> {
  const events = await ledger.readAll({ after: 0, limit: 1_000 });
  return {
    events,
    tasks: await ledger.listTasks({ limit: 100 }),
    visible: await ledger.listTasks({ limit: 100, visibleTo: bob }),
    waiting: await ledger.listTasks({ limit: 100, status: "waiting" }),
    offers: await ledger.offerTasks({ capabilities: [], limit: 10 }),
    gpuOffers: await ledger.offerTasks({ capabilities: ["gpu"], limit: 2 }),
    dependents: await Promise.all(names.map((name) => ledger.dependentsOf(taskId(name)))),
    leases: await ledger.expiredLeases({ now: 250, limit: 10 }),
    byType: await ledger.readAll({ after: 2, limit: 5, types: ["task.claimed", "tool.denied"] }),
    audit: await ledger.queryAudit({ limit: 5 }),
    failures: await ledger.queryAudit({ limit: 5, success: false, order: "oldest" }),
    ofTask: await ledger.queryAudit({ limit: 3, taskId: "task_a" as TaskId, phase: "PLAN" }),
    ofBob: await ledger.queryAudit({ limit: 3, visibleTo: bob }),
    stats: await ledger.auditStats(),
    authority: await ledger.authorityVersion(),
    last: await ledger.lastPosition(),
    event: events[0] && (await ledger.getEvent(events[0].id)),
  };
}

test("the same calls give the same answers in memory and in SQLite, and what SQLite holds verifies", async () => {
  let files = 0;
  await assert(
    asyncProperty(array(anyStep, { minLength: 5, maxLength: 40 }), async (steps) => {
      files += 1;
      const file = join(folder, `${files}.db`);
      const memory = openMemoryLedger();
      const sqlite = await openSqliteLedger({ file, durability: "normal" });
      try {
        for (const step of steps) expect(await step(sqlite)).toEqual(await step(memory));
        expect(await observe(sqlite)).toEqual(await observe(memory));
        expect((await verifyLedger({ file })).firstBad).toBeNull();
      } finally {
        await sqlite.close();
        await memory.close();
      }
    }),
    { numRuns: 20, endOnFailure: true },
  );
});
