import { type Ledger, openMemoryLedger } from "@phasegate/ledger";
import { type EventId, serverPrincipalId } from "@phasegate/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventBus, type EventBusOptions, SlowHandlerError } from "./event-bus.ts";

let ledger: Ledger;
let bus: EventBus;
let version = 0;
const digest = `sha256:${"0".repeat(64)}`;
const troubles: unknown[] = [];

beforeEach(() => {
  ledger = openMemoryLedger();
  version = 0;
  troubles.splice(0);
});
afterEach(async () => {
  await bus.close();
  await ledger.close();
});

async function opened(options: Partial<EventBusOptions> = {}): Promise<EventBus> {
  bus = new EventBus({ ledger, maxHistory: 3, onTrouble: ({ error }) => troubles.push(error), ...options });
  await bus.start();
  return bus;
}

/** Appends events of these types; a `payload.erased` names nothing, a `breaker.reset` its own number. */
async function happen(...types: ("payload.erased" | "breaker.reset")[]): Promise<void> {
  for (const type of types) {
    const id = `evt_${version + 1}` as EventId;
    const event =
      type === "breaker.reset" ? { id, type, data: { name: id } } : { id, type, data: { digest, reason: "old" } };
    const origin = { principal: serverPrincipalId, agentId: null, at: "2030-01-01T00:00:00.000Z" };
    await ledger.append({ stream: "system", expectedVersion: version, origin, events: [event] });
    version += 1;
  }
}

async function replayed(options: Parameters<EventBus["replay"]>[0]): Promise<number[]> {
  const positions: number[] = [];
  for await (const { position } of bus.replay(options)) positions.push(position);
  return positions;
}

test("a handler gets the events of its type, typed and in order", async () => {
  const events = await opened();
  const names: string[] = [];
  const all: number[] = [];
  events.subscribe("breaker.reset", async ({ data }) => {
    await Promise.resolve();
    names.push(data.name);
  });
  events.subscribe("*", ({ position }) => void all.push(position));
  await happen("breaker.reset", "payload.erased", "breaker.reset");
  await expect.poll(() => names).toEqual(["evt_1", "evt_3"]);
  expect(all).toEqual([1, 2, 3]);
});

test("one that throws and one that never ends hurt none of eight others", async () => {
  const events = await opened();
  const seen = Array.from({ length: 8 }, (): number[] => []);
  events.subscribe("*", () => {
    throw new Error("broken");
  });
  events.subscribe("*", () => new Promise(() => undefined));
  for (const positions of seen) events.subscribe("*", ({ position }) => void positions.push(position));
  await happen("breaker.reset", "breaker.reset");
  await expect.poll(() => seen).toEqual(seen.map(() => [1, 2]));
  expect(troubles.map(String)).toEqual(["Error: broken", "Error: broken"]);
});

test("one that falls too far behind is ended, is told of, and can replay from where it was", async () => {
  const events = await opened({ maxQueued: 1 });
  const gate = Promise.withResolvers<void>();
  const slow = events.subscribe("*", () => gate.promise);
  await happen("breaker.reset", "breaker.reset", "breaker.reset", "payload.erased");
  await expect.poll(() => slow.active).toBe(false);
  expect(troubles).toEqual([expect.any(SlowHandlerError)]);
  gate.resolve();
  await expect.poll(() => slow.position).toBe(1);
  expect(await replayed({ after: 1 })).toEqual([2, 3, 4]);
  expect(await replayed({ after: 0, type: "payload.erased" })).toEqual([4]);
});

test("history is bounded, by type and by number; who has unsubscribed hears nothing", async () => {
  const events = await opened();
  const heard: number[] = [];
  const subscription = events.subscribe("*", ({ position }) => void heard.push(position));
  subscription.unsubscribe();
  await happen("payload.erased", "breaker.reset", "breaker.reset", "payload.erased", "breaker.reset");
  const positions = (...wanted: Parameters<EventBus["history"]>) =>
    events.history(...wanted).map(({ position }) => position);
  await expect.poll(() => positions()).toEqual([3, 4, 5]);
  expect(positions("breaker.reset")).toEqual([3, 5]);
  expect(positions("breaker.reset", 1)).toEqual([5]);
  expect(positions(null, 0)).toEqual([]);
  expect(heard).toEqual([]);
});

test("events that take much memory leave fewer of the old ones", async () => {
  const events = await opened({ maxHistory: 100, maxHistoryBytes: 1 });
  await happen("breaker.reset", "breaker.reset", "payload.erased");
  await expect.poll(() => events.history().map(({ position }) => position)).toEqual([3]);
});
