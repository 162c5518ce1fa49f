import { describe, expect, test } from "vitest";
import { now, onBase } from "../checks/testing/run-case.ts";
import { mayHaveUnstableNames, unstableFiles, withUnstableFiles } from "./test-runs.ts";

const file = "test/a.test.ts";
const first = now({ [file]: { "adds at 17:03": "passed" }, "test/b.test.ts": { parses: "passed" } });
const again = now({ [file]: { "adds at 17:04": "passed" }, "test/b.test.ts": { parses: "passed" } });

describe("names of tests are unstable", () => {
  test("in files where they differ between two runs of one tree", () => {
    expect([...unstableFiles([first, again])]).toEqual([file]);
    expect(withUnstableFiles(first, again).unstableFiles).toEqual([file]);
  });

  test("never by runs of two trees, nor by one that stopped early or did not end", () => {
    expect([...unstableFiles([onBase({ [file]: { adds: "passed" } }), first])]).toEqual([]);
    expect([...unstableFiles([first, { ...again, stoppedEarly: true }])]).toEqual([]);
    expect([...unstableFiles([first, { ...again, status: "timed_out" }])]).toEqual([]);
  });
});

describe("another run is worth its time", () => {
  test("where a test that passed is gone and its file has another", () => {
    expect(mayHaveUnstableNames(onBase({ [file]: { "adds at 16:00": "passed" } }), first)).toBe(true);
  });

  test.each([
    ["nothing is gone", onBase({ [file]: { "adds at 17:03": "passed" } })],
    ["what is gone did not pass", onBase({ [file]: { "adds at 16:00": "failed" } })],
    ["its file has no other", onBase({ "test/b.test.ts": { parses: "passed", prints: "passed" } })],
  ])("not where %s", (_, before) => {
    expect(mayHaveUnstableNames(before, first)).toBe(false);
  });

  test("not where it was made already", () => {
    const before = onBase({ [file]: { "adds at 16:00": "passed" } });
    expect(mayHaveUnstableNames(before, withUnstableFiles(first, again))).toBe(false);
  });
});
