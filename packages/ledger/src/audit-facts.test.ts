import { expect, test } from "vitest";
import { auditCellKey, auditStatsOf } from "./audit-facts.ts";

const cell = (toolName: string, count: number) =>
  ({ type: "tool.denied", phase: "PLAN", toolName, success: false, count }) as const;

test("made-up names of tools are counted together past the hundred that are used most", () => {
  const madeUp = Array.from({ length: 5_000 }, (_, index) => cell(`tool_${String(index)}`, 1));
  const stats = auditStatsOf([cell("bash", 7), ...madeUp]);
  expect(Object.keys(stats.toolsUsed)).toHaveLength(101);
  expect(stats.toolsUsed).toMatchObject({ bash: 7, other: 4_901 });
  expect(stats.totalEntries).toBe(5_007);
});

test("a hundred names are told apart", () => {
  const stats = auditStatsOf(Array.from({ length: 100 }, (_, index) => cell(`tool_${String(index)}`, 1)));
  expect(Object.keys(stats.toolsUsed)).toHaveLength(100);
  expect(stats.toolsUsed["other"]).toBeUndefined();
});

test("a counter is kept for each known tool, and one for all names that are made up", () => {
  const keys = new Set(Array.from({ length: 5_000 }, (_, index) => auditCellKey(cell(`tool_${String(index)}`, 1))));
  expect([...keys]).toEqual(['["tool.denied","PLAN","other",false]']);
  expect(auditCellKey(cell("bash", 1))).toBe('["tool.denied","PLAN","bash",false]');
});
