import type { JsonObject, JsonValue } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { checkDefinitions } from "./registry.ts";
import { judge } from "./testing/check-case.ts";

const reported = (check: string, body: JsonValue, parameters: JsonObject = {}) =>
  judge(check, { artifacts: { test_run_result: body }, selfReported: true, parameters });

const green = { command: "npm test", exit_code: 0, passed: 5, failed: 0, skipped: 0 };
const red = { command: "npm test", exit_code: 1, passed: 3, failed: 2, skipped: 1 };

describe.each<[check: string, good: JsonValue[], bad: JsonValue[], parameters?: JsonObject]>([
  [
    "tests_are_failing",
    [
      red,
      { failed: 2 },
      { results: { failures: ["a", "b"] } },
      { tests: [{ name: "a", status: "failed" }] },
      { tests_are_failing: true },
    ],
    [green, { failed: 0 }, { exit_code: 1 }, { exit_code: 0, failed: 3 }, { exit_code: 1, failed: 0 }, { note: "red" }],
  ],
  [
    "all_tests_pass",
    [
      green,
      { exit_code: 0 },
      { tests_passed: 4, tests_failed: 0 },
      { summary: { passed: "4", failures: [] } },
      { all_tests_pass: true },
    ],
    [
      red,
      { passed: 4 },
      { exit_code: 0, failed: 1 },
      { exit_code: 2, failed: 0 },
      { passed: 0, failed: 0 },
      { unit: green, browser: { failed: 1 } },
      { exit_code: 0, all_tests_pass: false },
      { tests: [{ status: "passed" }, { status: "failed" }] },
      { status: "passed" },
    ],
  ],
  ["tests_passed", [green], [red, {}]],
  ["tests_failed", [red, { exit_code: 1 }], [green, { exit_code: 1, failed: 0 }]],
  [
    "tests_were_run",
    [green, red, { tests_run: 3 }, { exit_code: 1 }],
    [{ tests_run: 0 }, { passed: 0, failed: 0 }, { note: "ran" }],
  ],
  [
    "no_skipped_tests",
    [green, { skipped: [] }, { passed: 2, todo: 0 }],
    [red, { passed: 5, failed: 0 }, { passed: 1, skipped: ["a"] }],
  ],
  [
    "coverage_threshold_met",
    [
      { coverage: 80 },
      { coverage: { lines: "91.5%", branches: 10 } },
      { results: { line_coverage: 80.0 } },
      { coverage_percent: 100 },
    ],
    [
      { coverage: 79.9 },
      { coverage: "high" },
      { coverage: 0.9 },
      { coverage: 101 },
      { a: { coverage: 90 }, b: { coverage: 70 } },
      green,
    ],
    { threshold: 80 },
  ],
  [
    "no_blocking_issues",
    [
      { blocking_issues: [] },
      { blocking_issues: 0 },
      { issues: [{ severity: "minor", title: "name" }] },
      { issues: [{ severity: "critical", resolved: true }] },
      { reviews: [{ model: "a", issues: [] }] },
    ],
    [
      { blocking_issues: [{ description: "leaks" }] },
      { blocking_issues: 2 },
      { findings: [{ severity: "blocking" }] },
      { blocking_issues: [], issues: [{ severity: "Critical" }] },
      { reviews: [{ model: "a", issues: [{ blocking: true }] }] },
      { note: "all good" },
    ],
  ],
  [
    "all_review_models_completed",
    [
      {
        reviews: [
          { model: "a", status: "completed" },
          { model: "b", verdict: "approved" },
        ],
      },
      { reviews: { a: { completed: true }, b: { completed: true } } },
      { models_completed: ["a", "b"] },
    ],
    [
      { reviews: [{ model: "a", status: "completed" }] },
      {
        reviews: [
          { model: "a", status: "completed" },
          { model: "b", status: "pending" },
        ],
      },
      { models_completed: ["a"] },
      {},
    ],
    { models: ["a", "b"] },
  ],
  [
    "all_reviews_completed",
    [{ reviews: [{ reviewer: "a", status: "done" }] }, { completed_reviews: ["a"] }],
    [{ reviews: [{ reviewer: "a", status: "pending" }] }, { reviews: [] }, {}],
  ],
  [
    "review_comments_addressed",
    [
      { comments: [{ addressed: true }, { status: "resolved" }] },
      { unresolved_comments: 0 },
      { comments_addressed: true },
    ],
    [
      { comments: [{ text: "rename" }] },
      { unresolved_comments: 1 },
      { comments_addressed: false },
      { comments: ["rename"] },
      {},
    ],
  ],
  ["matches_plan", [{ matches_plan: true }], [{ matches_plan: false }, { matches_plan: "yes" }, {}]],
  ["tests_are_meaningful", [{ review: { tests_are_meaningful: true } }], [{ tests_are_meaningful: null }, {}]],
  [
    "command",
    [{ command: "npm run lint", exit_code: 0 }, { commands: [{ command: " npm run lint ", exit_code: 0 }] }],
    [
      { command: "npm run lint", exit_code: 1 },
      { command: "npm run lint" },
      { command: "true", exit_code: 0 },
      { exit_code: 0 },
    ],
    { run: "npm run lint" },
  ],
])("%s, by the agent's word", (check, good, bad, parameters) => {
  test.each(good.map((body) => [body]))("passes on %j", (body) => {
    expect(reported(check, body, parameters)).toMatchObject({ passed: true });
  });
  test.each(bad.map((body) => [body]))("fails on %j", (body) => {
    expect(reported(check, body, parameters).passed).toBe(false);
  });
  test("does not pass without an artifact, nor when the word is not to be taken", () => {
    expect(judge(check, { selfReported: true, ...(parameters ? { parameters } : {}) }).passed).toBe(false);
    const artifacts = { test_run_result: good[0]! };
    expect(judge(check, { artifacts, ...(parameters ? { parameters } : {}) }).passed).toBe(false);
  });
});

test("every check that can take the agent's word says which fields it reads", () => {
  const silent = checkDefinitions.filter(({ selfReportable, fields = [] }) => selfReportable && fields.length === 0);
  expect(silent).toEqual([]);
});

test("the current phase's artifact counts before those of earlier phases", () => {
  const artifacts = { test_results: red, implementation: green };
  expect(judge("all_tests_pass", { artifacts, selfReported: true, phase: "IMPL" }).passed).toBe(true);
  expect(judge("all_tests_pass", { artifacts, selfReported: true, phase: "TDD" }).passed).toBe(false);
});

test("a report without the fields is told which were looked for", () => {
  expect(reported("all_tests_pass", { note: "fine" })).toEqual({
    passed: false,
    message: "no artifact reports a test run; looked for `passed`, `failed`, `exit_code`, `all_tests_pass`",
  });
});
