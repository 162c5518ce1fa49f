import { expect, test } from "vitest";
import { fill, valueAt } from "./fill.ts";

const values = new Map<string, unknown>([
  ["task", "task_1"],
  ["count", 3],
]);

test("placeholders are filled in wherever a text stands, and other braces stay", () => {
  expect(fill({ command: "echo {task} ${HOME} {other}", args: ["{task}"], on: true }, values)).toEqual({
    command: "echo task_1 ${HOME} {other}",
    args: ["task_1"],
    on: true,
  });
});

test("a text that is one placeholder becomes its value", () => {
  expect(fill({ limit: "{count}", text: "{count} of them" }, values)).toEqual({ limit: 3, text: "3 of them" });
});

test("large texts are described", () => {
  expect(fill({ $join: [{ $repeat: ["[", 3] }, "{task}", { $repeat: ["]", 3] }] }, values)).toBe("[[[task_1]]]");
  expect(() => fill({ $repeat: ["0123456789", 10_000_000] }, values)).toThrow("more than 67108864 characters");
});

test("a pointer leads into an answer, or nowhere", () => {
  const body = { findings: [{ "a/b": 1 }] };
  expect(valueAt(body, "/findings/0/a~1b")).toBe(1);
  expect(valueAt(body, "/findings/1/a")).toBeUndefined();
  expect(valueAt(body, "/")).toBeUndefined();
});
