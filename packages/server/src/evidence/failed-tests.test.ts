import type { TestRun } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { failedTests } from "./failed-tests.ts";
import { keepRun } from "./kept-run.ts";
import { runWith } from "./testing/run.ts";

const failing = (...names: string[]): Partial<TestRun> => ({
  exitCode: 1,
  cases: names.map((name) => ({ identity: name, file: "test/a.test.js", name, outcome: "failed", message: null })),
});

describe("what failed in a run", () => {
  test("is nothing where all passed", () => {
    expect(failedTests(runWith())).toBeNull();
  });

  test("is tests, those of both outcomes, and files that did not load, in order", () => {
    const unloadedFiles = [{ file: "test/b.test.js", message: "", cause: "outside" as const }];
    const run = runWith({ ...failing("subtracts", "adds"), unloadedFiles, flaky: ["divides"] });
    expect(failedTests(run)?.body).toEqual({
      command: "node --test",
      names: ["adds", "divides", "subtracts", "test/b.test.js"],
      total: 4,
    });
  });

  test("is all tests where the run came to nothing", () => {
    expect(failedTests(runWith({ status: "timed_out" }))?.body).toMatchObject({
      names: ["all tests (the test run did not end in time)"],
    });
  });

  test("is of one digest where the same failed, in whatever order and time", () => {
    const [left, right] = [failing("adds", "divides"), { ...failing("divides", "adds"), durationMs: 99 }];
    expect(failedTests(runWith(left))?.digest).toBe(failedTests(runWith(right))?.digest);
    expect(failedTests(runWith(left))?.digest).not.toBe(failedTests(runWith(failing("adds")))?.digest);
  });

  test("is bounded in names and bytes, and counts the rest", () => {
    const many = Array.from({ length: 500 }, (_, index) => `test ${String((index * 7) % 500).padStart(3, "0")}`);
    const names = failedTests(runWith(failing(...many)))?.body as { names: string[]; total: number };
    expect([names.names.length, names.names.at(-1), names.total]).toEqual([200, "test 199", 500]);
    const long = many.map((name) => name + "x".repeat(4_000));
    expect(JSON.stringify(failedTests(runWith(failing(...long)))?.body).length).toBeLessThan(33_000);
  });

  test("stands beside a run that does not fit", async () => {
    const many = Array.from({ length: 100 }, (_, index) => `test number ${index}`);
    const run = runWith({ ...failing("adds"), coverage: { files: {}, percent: 1 }, dependencyChange: many });
    const kept = await keepRun(run, 2_000);
    expect([kept.complete, kept.failed]).toEqual([false, failedTests(run)?.digest]);
    expect(kept.payload.body).toMatchObject({ failed: { names: ["adds"] } });
  });
});
