import { expect, test } from "vitest";
import type { OperationId } from "@phasegate/wire";
import { RunProgress } from "./run-progress.ts";

const [one, two] = ["op_1" as OperationId, "op_2" as OperationId];

test("a transition is told which run it waits for, how many wait before it, and where to ask", () => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const progress = new RunProgress({ now: () => now });
  expect(progress.text(two)).toBe("the gate is being judged; GET /api/v1/operations/op_2 tells when it is decided");
  const first = progress.begin(one, { purpose: "base", command: "npm test" });
  const second = progress.begin(two, { purpose: "current", command: "npm\n  test" });
  expect(progress.text(two)).toBe(
    "`npm test` (current) waits for a place to run, 1 of other tasks wait before it; GET /api/v1/operations/op_2 tells when it is decided",
  );
  expect(progress.jobs(two)).toEqual([
    {
      kind: "evidence",
      purpose: "current",
      command: "npm test",
      asked_at: "2026-01-01T00:00:00.000Z",
      state: "waiting",
      ahead: 1,
    },
  ]);
  first.started();
  second.started();
  now += 12_000;
  expect(progress.text(two)).toBe(
    "`npm test` (current) has been running for 12 s; GET /api/v1/operations/op_2 tells when it is decided",
  );
  expect(progress.jobs(two)).toMatchObject([{ state: "running", started_at: "2026-01-01T00:00:00.000Z" }]);
  second[Symbol.dispose]();
  expect(progress.jobs(two)).toEqual([]);
  expect(progress.jobs(one)).toHaveLength(1);
});

test("the end of an earlier run of an operation does not hide the later one", () => {
  const progress = new RunProgress({ now: () => 0 });
  const earlier = progress.begin(one, { purpose: "base", command: "a" });
  progress.begin(one, { purpose: "current", command: "b" });
  earlier[Symbol.dispose]();
  expect(progress.jobs(one)).toMatchObject([{ command: "b" }]);
});

test("a long command is cut", () => {
  const progress = new RunProgress({ now: () => 0 });
  progress.begin(one, { purpose: "command", command: "x".repeat(5_000) });
  expect(progress.jobs(one)).toMatchObject([{ command: `${"x".repeat(120)}…` }]);
});
