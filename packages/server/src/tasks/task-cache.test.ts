import type { TaskId, TaskStatus } from "@phasegate/wire";
import { expect, test } from "vitest";
import { TaskCache } from "./task-cache.ts";

const task = (number: number, status: TaskStatus) => ({ id: `task_${number}` as TaskId, status });
const cacheOf = (memoryOf: () => number = () => 1_000) => new TaskCache<ReturnType<typeof task>>(memoryOf);

function kept(cache: ReturnType<typeof cacheOf>, count: number): number {
  return Array.from({ length: count }, (_, number) => cache.get(`task_${number}` as TaskId)).filter(Boolean).length;
}

test("tasks that ended do not stay in memory, tasks that are worked on do", () => {
  const cache = cacheOf();
  for (let number = 0; number < 1_000; number += 1) cache.set(task(number, "active"));
  expect(kept(cache, 1_000)).toBe(1_000);
  for (let number = 0; number < 1_000; number += 1) cache.set(task(number, "completed"));
  expect(kept(cache, 1_000)).toBe(100);
});

test("a task has one state, whether it ended or was taken up again", () => {
  const cache = cacheOf();
  for (const status of ["active", "failed", "ready", "cancelled"] as const) {
    cache.set(task(1, status));
    expect(cache.get("task_1" as TaskId)).toEqual(task(1, status));
  }
  cache.delete("task_1" as TaskId);
  expect(cache.get("task_1" as TaskId)).toBeUndefined();
});

test("what the kept states take is bounded in bytes", () => {
  const cache = cacheOf(() => 1024 ** 2);
  for (let number = 0; number < 100; number += 1) cache.set(task(number, "active"));
  expect(kept(cache, 100)).toBe(64);
});
