import type { ApprovalFact, Digest, JsonObject, PrincipalId, ReviewFact } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { commandKey } from "../evidence/needed.ts";
import { changed, type CheckCase, currentTree, judge } from "./testing/check-case.ts";
import { atRed, covering, now, onBase, redTest, redTree } from "./testing/run-case.ts";

const old = { "test/old.test.ts": { adds: "passed", parses: "failed" } } as const;
const base = onBase(old);
const tree = { sinceBase: [changed("test/new.test.ts", "added")], paths: ["test/old.test.ts"] } as const;

describe.each<
  [check: string, good: Partial<CheckCase>[], bad: [rule: string, given: Partial<CheckCase>][], parameters?: JsonObject]
>([
  [
    "tests_were_run",
    [{ evidence: { current: now(old) } }],
    [
      ["every test was skipped", { evidence: { current: now({ "test/a.test.ts": { adds: "skipped" } }) } }],
      ["the run did not end", { evidence: { current: now(old, { status: "timed_out" }) } }],
      ["the run is of another tree", { evidence: { current: atRed(old) } }],
      ["only the base was run", { evidence: { base } }],
    ],
  ],
  [
    "tests_failed",
    [{ evidence: { current: now(old) } }, { evidence: { current: now({ "test/a.test.ts": "outside" }) } }],
    [
      ["all pass", { evidence: { current: now({ "test/a.test.ts": { adds: "passed" } }) } }],
      ["the run is of another tree", { evidence: { current: atRed(old) } }],
    ],
  ],
  [
    "tests_passed",
    [{ evidence: { current: now({ "test/a.test.ts": { adds: "passed", later: "todo" } }) } }],
    [
      ["one fails", { evidence: { current: now(old) } }],
      [
        "a file does not load",
        { evidence: { current: now({ "test/a.test.ts": "outside", "test/b.test.ts": { x: "passed" } }) } },
      ],
      ["none ran", { evidence: { current: now({}) } }],
      ["the run is of another tree", { evidence: { current: atRed({ "test/a.test.ts": { adds: "passed" } }) } }],
    ],
  ],
  [
    "no_skipped_tests",
    [
      { evidence: { base, current: now(old) } },
      { evidence: { base, current: now({ ...old, "test/b.test.ts": { never: "skipped", later: "todo" } }) } },
      // What green does not let pass is told there.
      {
        evidence: { base, current: now({ "test/old.test.ts": { parses: "failed" } }) },
        changes: [],
        beside: ["all_tests_pass"],
      },
      {
        evidence: { base, current: now({}) },
        artifacts: { removed_tests: ["test/old.test.ts > adds", "test/old.test.ts > parses"] },
      },
    ],
    [
      [
        "one that ran before is skipped",
        { evidence: { base, current: now({ "test/old.test.ts": { adds: "passed", parses: "skipped" } }) } },
      ],
      [
        "one that ran before is todo",
        { evidence: { base, current: now({ "test/old.test.ts": { adds: "todo", parses: "failed" } }) } },
      ],
      [
        "one that ran before is deselected",
        { evidence: { base, current: now({ "test/old.test.ts": { adds: "passed" } }) } },
      ],
      [
        "one that failed on the base is deselected, which green lets pass",
        {
          evidence: { base, current: now({ "test/old.test.ts": { adds: "passed" } }) },
          changes: [],
          beside: ["all_tests_pass"],
        },
      ],
      [
        "a red one is skipped",
        {
          evidence: {
            base,
            redIdentities: [redTest("test/new.test.ts", "divides")],
            current: now({ ...old, "test/new.test.ts": { divides: "skipped" } }),
          },
        },
      ],
      [
        "one that passed earlier is skipped",
        {
          evidence: {
            base,
            passedEarlier: ["test/b.test.ts > x"],
            current: now({ ...old, "test/b.test.ts": { x: "skipped" } }),
          },
        },
      ],
      ["the base was not run", { evidence: { current: now(old) } }],
    ],
  ],
  [
    "coverage_threshold_met",
    [{ evidence: { current: now(old, { coverage: covering({}, 80) }) } }],
    [
      ["it is lower", { evidence: { current: now(old, { coverage: covering({}, 79.99) }) } }],
      ["it was not measured", { evidence: { current: now(old) } }],
      ["it is that of another tree", { evidence: { current: atRed(old, { coverage: covering({}, 99) }) } }],
    ],
    { threshold: 80 },
  ],
])("%s, on evidence", (check, good, bad, parameters = {}) => {
  test.each(good.map((given) => [given]))("passes, case %#", (given) => {
    expect(judge(check, { ...tree, ...given, parameters })).toMatchObject({ passed: true, evidenceId: "evd_01" });
  });
  test.each(bad)("does not pass when %s", (_, given) => {
    expect(judge(check, { ...tree, ...given, parameters }).passed).toBe(false);
  });
  test("does not pass without evidence, nor without the tree", () => {
    expect(judge(check, { ...tree, parameters }).passed).toBe(false);
    expect(judge(check, { ...good[0], parameters }).passed).toBe(false);
  });
});

test("coverage is at least 80 per cent where nothing else is said", () => {
  const covered = (percent: number) =>
    judge("coverage_threshold_met", { ...tree, evidence: { current: now(old, { coverage: covering({}, percent) }) } });
  expect(covered(80).passed).toBe(true);
  expect(covered(79)).toMatchObject({ message: "line coverage is 79 per cent, at least 80 is asked for" });
});

test("coverage that is too low names what is not tested, and the phase in which it can be", () => {
  const coverage = covering({ "src/a.ts": { covered: [1], uncovered: [2, 3] } }, 33);
  const frozen = { ...tree, sinceFreeze: [], evidence: { current: now(old, { coverage }) } };
  expect(judge("coverage_threshold_met", frozen)).toMatchObject({
    hint: "test what is not: `src/a.ts` (lines 2-3); what phase `TDD` wrote is frozen: tests are added there, after a transition to it",
  });
});

describe("command", () => {
  const parameters = { run: "npm run lint" };
  const ran = (exitCode: number, key: string = commandKey(parameters)) =>
    judge("command", {
      parameters,
      evidence: { commands: { [key]: { exitCode, evidenceId: base.evidenceId, output: "src/a.ts:1: unused\n\n" } } },
    });

  test("passes when it ended with 0, and names its evidence", () => {
    expect(ran(0)).toEqual({ passed: true, evidenceId: "evd_01" });
  });
  test("does not pass with another exit code, and says the last words", () => {
    expect(ran(1)).toEqual({
      passed: false,
      message: "`npm run lint` ended with exit code 1",
      hint: "its last words: src/a.ts:1: unused",
      evidenceId: "evd_01",
    });
  });
  test("does not pass on the run of another command", () => {
    expect(ran(0, commandKey({ run: "true" })).passed).toBe(false);
    expect(judge("command", { parameters }).passed).toBe(false);
  });
});

const ada = "prn_ada" as PrincipalId;
const bob = "prn_bob" as PrincipalId;

describe("approval", () => {
  const by = (principal: PrincipalId, kind: ApprovalFact["kind"], ...roles: string[]): ApprovalFact => {
    return { gate: "plan_gate", digest: currentTree as Digest, by: principal, kind, roles };
  };
  const approved = (approvals: ApprovalFact[], parameters: JsonObject, authors: PrincipalId[] = []) =>
    judge("approval", { approvals, parameters, authors }).passed;

  test.each<[rule: string, approvals: ApprovalFact[], parameters: JsonObject]>([
    ["a person is `human`", [by(ada, "person")], { approvers: ["human"] }],
    ["a role is any principal that has it", [by(ada, "service", "release")], { approvers: ["release"] }],
    ["any of several approvers is enough", [by(ada, "person")], { approvers: ["release", "human"] }],
    ["two are two principals", [by(ada, "person"), by(bob, "person")], { approvers: ["human"], approvals_required: 2 }],
  ])("passes: %s", (_, approvals, parameters) => {
    expect(approved(approvals, parameters)).toBe(true);
  });

  test.each<[rule: string, approvals: ApprovalFact[], parameters: JsonObject, authors?: PrincipalId[]]>([
    ["nobody approved", [], { approvers: ["human"] }],
    ["an agent is no `human`", [by(ada, "agent", "human")], { approvers: ["human"] }],
    ["a person without the role", [by(ada, "person", "reviewer")], { approvers: ["release"] }],
    [
      "one principal is not two",
      [by(ada, "person"), by(ada, "person")],
      { approvers: ["human"], approvals_required: 2 },
    ],
    [
      "two keys of one person are one",
      [by(ada, "person"), { ...by(bob, "person"), owner: ada }],
      { approvers: ["human"], approvals_required: 2 },
    ],
    ["the only one is by an author", [by(ada, "person")], { approvers: ["human"] }, [ada]],
    ["no approver is named", [by(ada, "person")], {}],
    [
      "nobody has the role `orchestrator`",
      [by(ada, "agent", "orchestrator")],
      { approvers: ["orchestrator", "human"] },
    ],
  ])("does not pass: %s", (_, approvals, parameters, authors) => {
    expect(approved(approvals, parameters, authors)).toBe(false);
  });

  test("says how many are there", () => {
    const parameters = { approvers: ["human"], approvals_required: 2 };
    expect(judge("approval", { approvals: [by(ada, "person")], parameters })).toMatchObject({
      message: "1 of 2 approvals by `human`",
    });
  });
});

describe("reviews", () => {
  const review = (model: string, more: Partial<ReviewFact> = {}): ReviewFact => {
    return { reviewer: ada, model, tree: currentTree, verdict: "passed", issues: [], ...more };
  };
  const issue = (severity: "blocking" | "warning" | "info", resolved = false) => ({
    severity,
    message: "leaks",
    resolved,
  });
  const judged = (check: string, reviews: ReviewFact[], parameters: JsonObject = {}, authors: PrincipalId[] = []) =>
    judge(check, { paths: [], reviews, parameters, authors }).passed;

  test.each<[check: string, reviews: ReviewFact[], parameters?: JsonObject]>([
    ["all_review_models_completed", [review("security"), review("quality")], { reviews: ["security", "quality"] }],
    ["all_review_models_completed", [review("security", { verdict: "failed" })], { models: ["security"] }],
    ["all_reviews_completed", [review("security")]],
    ["no_blocking_issues", [review("security", { issues: [issue("blocking", true), issue("warning")] })]],
    ["no_blocking_issues", [review("security", { verdict: "failed" }), review("security")]],
    ["review_comments_addressed", [review("security", { issues: [issue("warning", true)] }), review("quality")]],
    ["matches_plan", [review("quality", { body: { matches_plan: true } })]],
    ["no_blocking_issues", [review("security", { superseded: true }), review("security", { reviewer: bob })]],
    [
      "matches_plan",
      [
        review("a", { body: { matches_plan: true }, otherArtifacts: ["plan"] }),
        review("b", { body: { matches_plan: true }, otherArtifacts: [] }),
      ],
    ],
    ["no_blocking_issues", [review("security", { otherArtifacts: ["plan"] })]],
    ["tests_are_meaningful", [review("tests_are_meaningful")]],
  ])("%s passes, case %#", (check, reviews, parameters) => {
    expect(judged(check, reviews, parameters)).toBe(true);
  });

  test.each<[check: string, rule: string, reviews: ReviewFact[], parameters?: JsonObject]>([
    ["all_review_models_completed", "one is missing", [review("security")], { reviews: ["security", "quality"] }],
    [
      "all_review_models_completed",
      "one is of another tree",
      [review("security"), review("quality", { tree: redTree })],
      { reviews: ["security", "quality"] },
    ],
    ["all_reviews_completed", "one that was asked for is missing", [review("security")], { reviews: ["quality"] }],
    [
      "no_blocking_issues",
      "one names a blocking issue",
      [review("quality"), review("security", { issues: [issue("blocking")] })],
    ],
    ["no_blocking_issues", "one failed without naming an issue", [review("security", { verdict: "failed" })]],
    [
      "no_blocking_issues",
      "a reviewer's later word on a model is a worse one",
      [review("security"), review("security", { verdict: "failed" })],
    ],
    [
      "no_blocking_issues",
      "another reviewer's word stands beside it",
      [review("security", { reviewer: bob, verdict: "failed" }), review("security")],
    ],
    [
      "all_review_models_completed",
      "who reviewed it reviewed another tree since",
      [review("security", { superseded: true }), review("quality")],
      { models: ["security"] },
    ],
    ["no_blocking_issues", "who reviewed it reviewed another tree since", [review("security", { superseded: true })]],
    [
      "no_blocking_issues",
      "one named an issue before its reviewer let another tree pass",
      [review("security", { reviewer: bob, superseded: true, issues: [issue("blocking")] }), review("security")],
    ],
    [
      "matches_plan",
      "a reviewer said so of this tree, and reviewed another since",
      [review("quality", { superseded: true, body: { matches_plan: true } }), review("security")],
    ],
    [
      "matches_plan",
      "a reviewer said no of this tree before reviewing another",
      [
        review("quality", { reviewer: bob, superseded: true, body: { matches_plan: false } }),
        review("quality", { body: { matches_plan: true } }),
      ],
    ],
    [
      "matches_plan",
      "a reviewer said so beside another plan",
      [review("quality", { body: { matches_plan: true }, otherArtifacts: ["plan"] })],
    ],
    [
      "tests_are_meaningful",
      "the review of it passed beside another plan",
      [review("tests_are_meaningful", { otherArtifacts: ["plan"] })],
    ],
    [
      "matches_plan",
      "a reviewer said no beside another plan",
      [
        review("a", { body: { matches_plan: false }, otherArtifacts: ["plan"] }),
        review("b", { body: { matches_plan: true } }),
      ],
    ],
    ["review_comments_addressed", "a comment is open", [review("security", { issues: [issue("info")] })]],
    ["matches_plan", "no reviewer said so", [review("quality")]],
    [
      "matches_plan",
      "one says the opposite",
      [review("a", { body: { matches_plan: true } }), review("b", { body: { matches_plan: false } })],
    ],
    ["tests_are_meaningful", "the review of it failed", [review("tests_are_meaningful", { verdict: "failed" })]],
  ])("%s does not pass when %s", (check, _, reviews, parameters) => {
    expect(judged(check, reviews, parameters)).toBe(false);
  });

  test.each([
    "all_review_models_completed",
    "all_reviews_completed",
    "no_blocking_issues",
    "review_comments_addressed",
    "matches_plan",
    "tests_are_meaningful",
  ])("%s does not pass without a review of this tree by another than the authors", (check) => {
    const good = [review(check, { body: { matches_plan: true, tests_are_meaningful: true } })];
    expect(judged(check, good)).toBe(true);
    expect(judged(check, [])).toBe(false);
    expect(judged(check, good, {}, [ada])).toBe(false);
    expect(judged(check, [review(check, { ...good[0], tree: redTree })])).toBe(false);
    expect(judge(check, { reviews: good }).passed).toBe(false);
  });
});
