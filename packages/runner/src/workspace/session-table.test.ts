import type { TaskId } from "@phasegate/wire";
import { expect, test } from "vitest";
import { SessionTable } from "./session-table.ts";

const key = (name: string) => ({ taskId: name as TaskId });

function tableOf(open: (opened: number) => Promise<number>) {
  const letGo: TaskId[] = [];
  let opened = 0;
  const table = new SessionTable<ReturnType<typeof key>, number>({
    open: () => open((opened += 1)),
    letGo: (taskId) => void letGo.push(taskId),
    maxIdle: 2,
  });
  return { table, letGo, names: () => ["a", "b", "c", "d"].filter((name) => table.peek(name as TaskId) !== null) };
}

test("of the sessions that nobody uses only the last ones are held", async () => {
  const { table, letGo, names } = tableOf(async (opened) => opened);
  for (const name of ["a", "b", "a", "c"]) await table.use(key(name), () => null);
  expect([names(), letGo]).toEqual([["a", "c"], ["b"]]);
});

test("a session in use is held however many others are used meanwhile, and stays the only one of its task", async () => {
  const { table, names } = tableOf(async (opened) => opened);
  const gate = Promise.withResolvers<void>();
  const long = table.use(key("a"), async (session) => {
    await gate.promise;
    return session;
  });
  for (const name of ["b", "c", "d"]) await table.use(key(name), () => null);
  expect(names()).toEqual(["a", "c", "d"]);
  expect(await table.use(key("a"), (session) => session)).toBe(1);
  gate.resolve();
  expect(await long).toBe(1);
  expect(names()).toEqual(["a", "d"]);
});

test("ten who ask at once share one session", async () => {
  const { table } = tableOf(async (opened) => opened);
  const sessions = await Promise.all(Array.from({ length: 10 }, () => table.use(key("a"), (session) => session)));
  expect(sessions).toEqual(Array.from({ length: 10 }, () => 1));
});

test("one that did not open is opened anew by the next call", async () => {
  const { table } = tableOf((opened) => (opened === 1 ? Promise.reject(new Error("broken")) : Promise.resolve(opened)));
  await expect(table.use(key("a"), () => null)).rejects.toThrow("broken");
  expect(await table.use(key("a"), (session) => session)).toBe(2);
});
