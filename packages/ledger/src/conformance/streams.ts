import type { StoredEvent } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import type { Ledger } from "../port.ts";
import {
  appendTo,
  batchOf,
  claimed,
  created,
  taskId,
  toolDenied,
  toolExecuted,
  withLedger,
  type OpenLedger,
} from "./samples.ts";

/** Reading streams and the whole ledger in order. */
export function describeStreams(open: OpenLedger): void {
  describe("streams and positions", () => {
    test("a stream is read in version order from a version, by pages", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created(), claimed(), toolExecuted(), toolExecuted(), toolExecuted()]);
        await appendTo(ledger, "two", [created()]);
        const versions = async (options: { afterVersion?: number; limit?: number }) =>
          (await ledger.readStream("task/task_one", options)).map(({ version }) => version);
        expect(await versions({})).toEqual([1, 2, 3, 4, 5]);
        expect(await versions({ afterVersion: 2 })).toEqual([3, 4, 5]);
        expect(await versions({ afterVersion: 1, limit: 2 })).toEqual([2, 3]);
        expect(await versions({ afterVersion: 5 })).toEqual([]);
        expect(await ledger.readStream("task/task_none")).toEqual([]);
      }));

    test("positions order the events of all streams without a gap", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()]);
        await appendTo(ledger, "two", [created(), claimed()]);
        await appendTo(ledger, "one", [claimed()]);
        const all = await ledger.readAll({ after: 0, limit: 100 });
        expect(all.map(({ position, stream, version }) => [position, stream, version])).toEqual([
          [1, "task/task_one", 1],
          [2, "task/task_two", 1],
          [3, "task/task_two", 2],
          [4, "task/task_one", 2],
        ]);
        expect(await ledger.lastPosition()).toBe(4);
        expect((await ledger.readAll({ after: 1, limit: 2 })).map(({ position }) => position)).toEqual([2, 3]);
      }));

    test("the whole ledger can be read by type and by task", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created(), claimed(), toolDenied("bash")]);
        await appendTo(ledger, "two", [created(), claimed()]);
        const positions = async (options: Partial<Parameters<Ledger["readAll"]>[0]>) =>
          (await ledger.readAll({ after: 0, limit: 100, ...options })).map(({ position }) => position);
        expect(await positions({ types: ["task.created", "tool.denied"] })).toEqual([1, 3, 4]);
        expect(await positions({ types: ["task.created", "tool.denied"], after: 1, limit: 1 })).toEqual([3]);
        expect(await positions({ taskId: taskId("two") })).toEqual([4, 5]);
        expect(await positions({ taskId: taskId("two"), types: ["task.claimed"] })).toEqual([5]);
        expect(await positions({ types: [] })).toEqual([]);
      }));
  });

  describe("follow", () => {
    test("a follower gets what is there and what comes, each event once, in order", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created(), claimed()]);
        const stop = new AbortController();
        const following = collect(ledger, { after: 1, count: 4, stop });
        await appendTo(ledger, "one", [toolExecuted()]);
        await appendTo(ledger, "two", [created(), claimed()]);
        expect((await following).map(({ position }) => position)).toEqual([2, 3, 4, 5]);
      }));

    test("followers miss nothing while many write", () =>
      withLedger(open, async (ledger) => {
        const writers = 16;
        const rounds = 40;
        const followers = [0, 100, 400].map((after) =>
          collect(ledger, { after, count: writers * rounds - after, stop: new AbortController() }),
        );
        await Promise.all(
          Array.from({ length: writers }, async (_, writer) => {
            for (let round = 0; round < rounds; round += 1) {
              const event = round === 0 ? created() : toolExecuted();
              await ledger.append(batchOf(`task/task_w${writer}`, [event], { expectedVersion: round }));
            }
          }),
        );
        const stored = await ledger.readAll({ after: 0, limit: 10_000 });
        expect(stored).toHaveLength(writers * rounds);
        const [all, late, later] = await Promise.all(followers);
        expect(all).toEqual(stored);
        expect(late).toEqual(stored.slice(100));
        expect(later).toEqual(stored.slice(400));
      }));

    test("an event that a follower sees can be read", () =>
      withLedger(open, async (ledger) => {
        const following = (async () => {
          for await (const event of ledger.follow({ after: 0, signal: new AbortController().signal })) {
            return await ledger.readStream(event.stream);
          }
          return [];
        })();
        await appendTo(ledger, "one", [created()]);
        expect(await following).toHaveLength(1);
      }));

    test("following ends when the signal fires and when the ledger closes", async () => {
      const ledger = await open();
      await appendTo(ledger, "one", [created()]);
      const stop = new AbortController();
      const aborted = drain(ledger, stop.signal);
      const untilClose = drain(ledger, new AbortController().signal);
      stop.abort();
      expect(await aborted).toBeLessThanOrEqual(1);
      await ledger.close();
      expect(await untilClose).toBeLessThanOrEqual(1);
      expect(await drain(ledger, AbortSignal.abort())).toBe(0);
    });
  });
}

async function collect(
  ledger: Ledger,
  options: { after: number; count: number; stop: AbortController },
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of ledger.follow({ after: options.after, signal: options.stop.signal })) {
    events.push(event);
    if (events.length === options.count) options.stop.abort();
  }
  return events;
}

async function drain(ledger: Ledger, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const event of ledger.follow({ after: 0, signal })) count = event.position;
  return count;
}
