import { digestJson } from "@phasegate/wire";
import type { EvidenceId, TestCase, TestRun } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { isReusable, keepRun, readKeptRun } from "./kept-run.ts";

function passing(identity: string, message: string | null = null): TestCase {
  return { identity, file: "test/a.test.js", name: identity, outcome: "passed", message };
}

function run(changes: Partial<TestRun> = {}): TestRun {
  return {
    evidenceId: "evd_000000000000000000000001" as EvidenceId,
    tree: digestJson("tree"),
    key: digestJson("key"),
    command: "node --test",
    status: "completed",
    exitCode: 0,
    durationMs: 12,
    cases: [passing("adds"), passing("subtracts")],
    unloadedFiles: [],
    flaky: [],
    stoppedEarly: false,
    coverage: null,
    output: "ok",
    dependencyChange: [],
    ...changes,
  };
}

describe("a run as the ledger keeps it", () => {
  test("comes back as it was", () => {
    expect(readKeptRun(keepRun(run()).body)).toEqual(run());
  });

  test("gives up messages before it gives up cases", () => {
    const kept = keepRun(run({ cases: [passing("adds", "x".repeat(4_000)), passing("subtracts")] }), 2_000);
    expect(readKeptRun(kept.body)?.cases).toEqual([passing("adds"), passing("subtracts")]);
  });

  test("is never read back when its cases did not fit", () => {
    const cases = Array.from({ length: 100 }, (_, index) => passing(`test number ${index}`));
    const kept = keepRun(run({ cases }), 2_000);
    expect(kept.complete).toBe(false);
    expect(readKeptRun(kept.body)).toBeNull();
  });

  test("is never read back when a name was redacted", () => {
    const kept = keepRun(run({ cases: [passing("logs in with password=hunter2hunter2")] }));
    expect(JSON.stringify(kept.body)).not.toContain("hunter2");
    expect(readKeptRun(kept.body)).toBeNull();
  });
});

test("only a clean pass may stand for another run", () => {
  expect(isReusable(run())).toBe(true);
  expect(isReusable(run({ exitCode: 1 }))).toBe(false);
  expect(isReusable(run({ status: "timed_out", exitCode: 0 }))).toBe(false);
  expect(isReusable(run({ flaky: ["adds"] }))).toBe(false);
  expect(isReusable(run({ unloadedFiles: [{ file: "a", message: "", cause: "outside" }] }))).toBe(false);
  expect(isReusable(run({ cases: [{ ...passing("adds"), outcome: "failed" }] }))).toBe(false);
});
