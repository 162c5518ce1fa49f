import type { JsonValue } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { judge } from "./testing/check-case.ts";

const passes = (check: string, body: JsonValue) => judge(check, { artifacts: { plan: body } }).passed;

describe.each(["plan_has_acceptance_criteria", "has_acceptance_criteria"])("%s", (check) => {
  test.each([
    [{ acceptance_criteria: ["rejects an empty name"] }],
    [{ acceptanceCriteria: ["rejects an empty name"] }],
    [{ acceptance_criteria: [{ criterion: "rejects an empty name", how_to_verify: "unit test" }] }],
    [{ plan: { acceptance_criteria: ["", "rejects an empty name"] } }],
    [{ acceptance_criteria: { "AC-1": "rejects an empty name" } }],
  ])("passes on %j", (body) => {
    expect(passes(check, body)).toBe(true);
  });

  test.each([
    [{}],
    [{ acceptance_criteria: [] }],
    [{ acceptance_criteria: [""] }],
    [{ acceptance_criteria: ["TBD", " todo: later ", "...", "n/a"] }],
    [{ acceptance_criteria: [{ id: "AC-1", criterion: "TBD" }] }],
    [{ acceptance_criteria: [{ id: "AC-1" }] }],
    [{ acceptance_criteria: null }],
    ["acceptance_criteria"],
    [[{ acceptance_criteria: ["in a list at the top"] }]],
  ])("fails on %j", (body) => {
    expect(passes(check, body)).toBe(false);
  });

  test("tells an absent field from an empty one", () => {
    expect(judge(check, { artifacts: { plan: {} } })).toEqual({
      passed: false,
      message: "no artifact has `acceptance_criteria`",
      hint: "write the acceptance criteria into `acceptance_criteria` and submit the artifact again",
    });
    expect(judge(check, { artifacts: { plan: { acceptance_criteria: ["TODO"] } } })).toMatchObject({
      message: "`acceptance_criteria` is empty or only a placeholder",
    });
  });
});

describe.each([
  ["has_in_scope", { scope: { in_scope: ["login"] } }, { scope: { in_scope: [] } }],
  ["has_in_scope", { in_scope: "login" }, { out_of_scope: ["x"] }],
  ["has_out_of_scope", { scope: { out_of_scope: ["billing"] } }, { scope: { out_of_scope: ["TBD"] } }],
  ["has_out_of_scope", { non_goals: ["billing"] }, { in_scope: ["x"] }],
  ["has_implementation_steps", { implementation_steps: ["add the route"] }, { implementation_steps: ["", "TODO"] }],
  ["plan_has_implementation_steps", { steps: [{ description: "add the route" }] }, { steps: [{ number: 1 }] }],
  ["has_summary", { summary: "adds the route" }, { summary: "  " }],
  ["has_summary", { completion: { summary: "adds the route" } }, { summary: "<summary>" }],
  [
    "scope_is_bounded",
    { scope: { in_scope: ["a"], out_of_scope: ["b"], constraints: ["c"] } },
    { scope: { in_scope: ["a"], out_of_scope: ["b"] } },
  ],
  ["scope_is_bounded", { in_scope: ["a"], out_of_scope: ["b"], constraints: "c" }, { scope: "everything" }],
  [
    "scope_is_bounded",
    { scope: { in_scope: ["a"], out_of_scope: ["none"], constraints: "None." } },
    { scope: { in_scope: ["none"], out_of_scope: ["b"], constraints: ["c"] } },
  ],
  [
    "scope_is_bounded",
    { scope: { in_scope: ["a"], out_of_scope: ["b"], constraints: ["no constraints"] } },
    { scope: { in_scope: ["a"], out_of_scope: ["b"], constraints: ["none", "TBD"] } },
  ],
  ["has_out_of_scope", { scope: { out_of_scope: ["none"] } }, { scope: { out_of_scope: ["n/a"] } }],
  ["no_open_questions", { open_questions: [] }, { open_questions: ["which database?"] }],
  ["no_open_questions", { title: "x" }, { open_questions: ["TBD"] }],
  ["no_open_questions", { open_questions: ["none"] }, { plan: { open_questions: [{ question: "which?" }] } }],
  ["no_open_questions", { open_questions: [{ question: "which?", answer: "this" }] }, { open_questions: "which?" }],
  [
    "no_open_questions",
    { open_questions: [{ question: "which?", status: "resolved" }] },
    { open_questions: [{ question: "which?", answer: "TBD" }] },
  ],
])("%s", (check, good, bad) => {
  test(`passes on ${JSON.stringify(good)}`, () => {
    expect(passes(check, good)).toBe(true);
  });
  test(`fails on ${JSON.stringify(bad)}`, () => {
    expect(passes(check, bad)).toBe(false);
  });
  test("does not pass when no artifact was submitted", () => {
    expect(judge(check, {}).passed).toBe(false);
    expect(judge(check, { artifacts: {} })).toMatchObject({ passed: false, message: "no artifact was submitted" });
  });
});

test("a scope that lacks constraints is told how to say that there are none", () => {
  const plan = { scope: { in_scope: ["a"], out_of_scope: ["b"], constraints: [] } };
  expect(judge("scope_is_bounded", { artifacts: { plan } })).toMatchObject({
    message: "the scope lacks `constraints`",
    hint: 'fill them in, at the top of the artifact or under `scope`, and submit it again; where there is nothing to say, say so: `"constraints": ["none"]`',
  });
});

test("an open question in any artifact counts, whatever the others say", () => {
  const artifacts = { plan: { open_questions: [] }, notes: { open_questions: ["which?"] } };
  expect(judge("no_open_questions", { artifacts }).passed).toBe(false);
});

test("a deep or wide artifact is searched within bounds", () => {
  let body: JsonValue = { summary: "deep" };
  for (let depth = 0; depth < 10_000; depth++) body = { inner: body };
  expect(passes("has_summary", body)).toBe(false);
});
