import { expect, test } from "vitest";
import type { TaskId } from "@phasegate/wire";
import { KeptVersions } from "./kept-versions.ts";

const task = "tsk_a" as TaskId;
const other = "tsk_b" as TaskId;
const mebibyte = 1024 ** 2;
const hourMs = 3_600_000;

test("what one task stored is left from its bound, and from no other's", () => {
  const versions = new KeptVersions(100 * mebibyte);
  versions.note(task, 30 * mebibyte, 0);
  versions.note(task, 20 * mebibyte, 1_000);
  expect(versions.of(task)).toBe(50 * mebibyte);
  expect(versions.leftFor(task)).toBe(50 * mebibyte);
  expect(versions.leftFor(other)).toBe(100 * mebibyte);
});

test("past the bound small changes go on for a tenth more, then nothing does", () => {
  const versions = new KeptVersions(100 * mebibyte);
  versions.note(task, 105 * mebibyte, 0);
  expect(versions.leftFor(task)).toBe(64 * 1024);
  versions.note(task, 6 * mebibyte, 0);
  expect(versions.leftFor(task)).toBe(0);
});

test("a collection frees what it could have removed, and what the task needs still counts", () => {
  const versions = new KeptVersions(100 * mebibyte);
  versions.note(task, 60 * mebibyte, 0);
  versions.note(task, 10 * mebibyte, 2 * hourMs);
  versions.settle(hourMs, new Map());
  expect(versions.of(task)).toBe(10 * mebibyte);
  versions.settle(hourMs, new Map([[task, 40 * mebibyte]]));
  expect(versions.of(task)).toBe(40 * mebibyte);
  versions.settle(4 * hourMs, new Map());
  expect(versions.of(task)).toBe(0);
});

test("a span that reaches into what a collection left is counted whole", () => {
  const versions = new KeptVersions(100 * mebibyte);
  versions.note(task, mebibyte, 0);
  versions.settle(200_000, new Map());
  expect(versions.of(task)).toBe(mebibyte);
});

test("a task past half of its bound presses", () => {
  const versions = new KeptVersions(100 * mebibyte);
  versions.note(task, 50 * mebibyte, 0);
  expect(versions.isPressed).toBe(false);
  versions.note(task, 1, 0);
  expect(versions.isPressed).toBe(true);
});
