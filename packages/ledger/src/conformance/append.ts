import { hashEvent, taskStream } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import {
  alice,
  appendedEvents,
  appendTo,
  at,
  batchOf,
  claimed,
  created,
  newJob,
  payloadOf,
  taskId,
  toolExecuted,
  withLedger,
  type OpenLedger,
} from "./samples.ts";

/** Atomic appends at an expected version, the hash chain, and conflicts. */
export function describeAppend(open: OpenLedger): void {
  describe("append", () => {
    test("stores events with origin, version, position and a hash that covers them", () =>
      withLedger(open, async (ledger) => {
        const events = await appendTo(ledger, "one", [created(), claimed()], { seconds: 7 });
        expect(events.map(({ version, position }) => [version, position])).toEqual([
          [1, 1],
          [2, 2],
        ]);
        const [first, second] = events as [(typeof events)[number], (typeof events)[number]];
        expect(first.previous_hash).toBeNull();
        expect(second.previous_hash).toBe(first.hash);
        for (const event of events) {
          expect(event.hash).toBe(hashEvent(event));
          expect(event).toMatchObject({ stream: "task/task_one", principal: alice, agent_id: "agent-a", at: at(7) });
        }
        expect(await ledger.readStream("task/task_one")).toEqual(events);
      }));

    test("a batch behind the stream conflicts, names the version, and leaves nothing", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()]);
        const stream = taskStream(taskId("one"));
        const payload = payloadOf({ secret: 1 });
        const result = await ledger.append(
          batchOf(stream, [claimed()], { jobs: [newJob("a")], payloads: [payload], lease: { expiresAt: 5 } }),
        );
        expect(result).toEqual({ status: "conflict", actualVersion: 1, cause: "version" });
        expect(await ledger.lastPosition()).toBe(1);
        expect(await ledger.getPayload(payload.digest)).toBeNull();
        expect(await ledger.takeJobs({ owner: "w", now: 1_000, leaseMs: 10, limit: 10 })).toEqual([]);
        expect((await ledger.getTask(taskId("one")))?.status).toBe("ready");
      }));

    test("a batch ahead of the stream conflicts", () =>
      withLedger(open, async (ledger) => {
        const result = await ledger.append(batchOf("task/task_one", [created()], { expectedVersion: 3 }));
        expect(result).toEqual({ status: "conflict", actualVersion: 0, cause: "version" });
      }));

    test("of many batches at one version exactly one wins, and the others see its version", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()]);
        const stream = taskStream(taskId("one"));
        const results = await Promise.all(
          Array.from({ length: 64 }, () => ledger.append(batchOf(stream, [claimed()], { expectedVersion: 1 }))),
        );
        expect(results.filter(({ status }) => status === "appended")).toHaveLength(1);
        for (const result of results) {
          if (result.status === "conflict") expect(result).toMatchObject({ actualVersion: 2, cause: "version" });
        }
        expect(await ledger.readStream(stream)).toHaveLength(2);
      }));

    test("a conflict of one batch does not touch the batches beside it", () =>
      withLedger(open, async (ledger) => {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            ledger.append(
              batchOf(taskStream(taskId(`t${index}`)), [created()], { expectedVersion: index % 2 === 0 ? 0 : 9 }),
            ),
          ),
        );
        expect(results.map(({ status }) => status)).toEqual(
          Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "appended" : "conflict")),
        );
        expect(await ledger.lastPosition()).toBe(10);
      }));

    test("a batch that no caller may make is rejected, and the batches beside it are not", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "zero", [created()], { jobs: [newJob("taken")] });
        const outcomes = await Promise.allSettled([
          ledger.append(batchOf("task/task_a", [created()])),
          ledger.append(batchOf("task/task_b", [])),
          ledger.append(batchOf("no stream", [created()])),
          ledger.append(batchOf("task/task_c", [created()], { jobs: [newJob("taken")] })),
          ledger.append(
            batchOf("task/task_d", [created()], { payloads: [{ ...payloadOf("right"), body: "another" }] }),
          ),
          ledger.append(batchOf("task/task_e", [created()])),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual([
          "fulfilled",
          "rejected",
          "rejected",
          "rejected",
          "rejected",
          "fulfilled",
        ]);
        for (const outcome of outcomes) {
          if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "internal_error" });
        }
        expect(await ledger.lastPosition()).toBe(3);
        expect(await ledger.getTask(taskId("c"))).toBeNull();
      }));

    test("an event is found by its id", () =>
      withLedger(open, async (ledger) => {
        const [event] = await appendTo(ledger, "one", [created()]);
        expect(await ledger.getEvent(event?.id as never)).toEqual(event);
        expect(await ledger.getEvent("evt_none" as never)).toBeNull();
      }));

    test("an event id that is there already rejects the batch", () =>
      withLedger(open, async (ledger) => {
        const event = created();
        await appendTo(ledger, "one", [event]);
        await expect(appendTo(ledger, "two", [event])).rejects.toMatchObject({ code: "internal_error" });
        expect(await ledger.lastPosition()).toBe(1);
      }));

    test("streams of all kinds are independent", () =>
      withLedger(open, async (ledger) => {
        for (const stream of ["system", "workflow/standard", "principal/prn_alice", "task/task_one"]) {
          const result = await ledger.append(batchOf(stream, [toolExecuted()]));
          expect(appendedEvents(result)[0]?.version).toBe(1);
        }
      }));

    test("data comes back as JSON: members that are undefined are gone, text of any script is kept", () =>
      withLedger(open, async (ledger) => {
        const title = 'äöü 日本語 \u{1F512} " \\ \n \u0001 </script>';
        await appendTo(ledger, "one", [created({ title, description: undefined as never })]);
        const [event] = await ledger.readStream("task/task_one");
        expect(event?.data).toMatchObject({ title });
        expect(event?.data).not.toHaveProperty("description");
        expect(event?.hash).toBe(hashEvent(event as never));
      }));
  });

  describe("signed heads", () => {
    test("the head after the batch is signed in the same commit", () =>
      withLedger(open, async (ledger) => {
        const signHead = (head: { stream: string; version: number; hash: string }) => ({
          keyId: "k1",
          signature: `${head.stream}@${head.version}=${head.hash}`,
        });
        await appendTo(ledger, "one", [created()]);
        const [, last] = await appendTo(ledger, "one", [claimed(), toolExecuted()], { signHead });
        const [next] = await appendTo(ledger, "one", [toolExecuted()], { signHead });
        expect(await ledger.signedHeads("task/task_one")).toEqual([
          { version: 3, hash: last?.hash, keyId: "k1", signature: `task/task_one@3=${last?.hash}` },
          { version: 4, hash: next?.hash, keyId: "k1", signature: `task/task_one@4=${next?.hash}` },
        ]);
      }));

    test("nothing is signed for a batch that conflicts", () =>
      withLedger(open, async (ledger) => {
        const signHead = () => ({ keyId: "k1", signature: "s" });
        await ledger.append(batchOf("task/task_one", [created()], { expectedVersion: 4, signHead }));
        expect(await ledger.signedHeads("task/task_one")).toEqual([]);
      }));

    test("a signature that cannot be made rejects the batch whole", () =>
      withLedger(open, async (ledger) => {
        const signHead = () => {
          throw new RangeError("no key");
        };
        await expect(ledger.append(batchOf("task/task_one", [created()], { signHead }))).rejects.toThrow("no key");
        expect(await ledger.lastPosition()).toBe(0);
      }));
  });
}
