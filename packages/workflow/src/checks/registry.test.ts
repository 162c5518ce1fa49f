import { describe, expect, test } from "vitest";
import { checkDefinitions, checkNames, findCheck, validateCheckParameters } from "./registry.ts";
import { judge } from "./testing/check-case.ts";

describe("check registry", () => {
  test("holds every check of the workflow file", () => {
    expect(checkDefinitions.map(({ name }) => name).toSorted()).toEqual([
      "all_review_models_completed",
      "all_reviews_completed",
      "all_tests_pass",
      "approval",
      "base_tests_pass",
      "command",
      "coverage_threshold_met",
      "external",
      "has_acceptance_criteria",
      "has_files_changed",
      "has_implementation_steps",
      "has_in_scope",
      "has_out_of_scope",
      "has_summary",
      "implementation_exists",
      "matches_plan",
      "no_blocking_issues",
      "no_commented_out_code",
      "no_open_questions",
      "no_skipped_tests",
      "only_allowed_paths_changed",
      "plan_has_acceptance_criteria",
      "review_comments_addressed",
      "scope_is_bounded",
      "test_files_follow_convention",
      "tests_are_failing",
      "tests_are_meaningful",
      "tests_cover_acceptance_criteria",
      "tests_exist",
      "tests_exist_for_acceptance_criteria",
      "tests_failed",
      "tests_passed",
      "tests_unchanged_since",
      "tests_were_run",
    ]);
  });

  test("shorthands mean their check, and no name means two", () => {
    expect(findCheck("red")?.name).toBe("tests_are_failing");
    expect(findCheck("green")?.name).toBe("all_tests_pass");
    expect(findCheck("coverage")?.name).toBe("coverage_threshold_met");
    expect(findCheck("quorum")?.name).toBe("approval");
    expect(findCheck("no_such_check")).toBeNull();
    expect(checkNames).toHaveLength(checkDefinitions.flatMap(({ name, aliases }) => [name, ...aliases]).length);
  });

  test("no check passes on nothing", () => {
    const passing = checkDefinitions.filter(({ name }) => judge(name, {}).passed);
    expect(passing).toEqual([]);
  });
});

describe("approval", () => {
  const approval = findCheck("approval")!;

  test("by the orchestrator alone is automatic", () => {
    expect(approval.needsFor?.({ approvers: ["orchestrator"] })).toEqual([]);
    expect(judge("approval", { parameters: { approvers: ["orchestrator"] } }).passed).toBe(true);
  });

  test.each([
    {},
    { approvers: ["human"] },
    { approvers: ["orchestrator", "human"] },
    { approvers: ["orchestrator"], approvals_required: 2 },
    { approvers: "orchestrator" },
  ])("is not automatic with %j", (parameters) => {
    expect(approval.needsFor?.(parameters)).toEqual(["approvals"]);
    expect(judge("approval", { parameters }).passed).toBe(false);
  });
});

describe("parameters", () => {
  test.each([
    ["coverage_threshold_met", { threshold: 80 }, []],
    ["coverage_threshold_met", { threshold: 101 }, ["/threshold must be <= 100"]],
    ["coverage_threshold_met", { treshold: 80 }, ["/treshold unknown member"]],
    ["command", {}, [" `run` is missing"]],
    ["command", { run: "npm run lint" }, []],
    ["external", { name: "" }, ["/name must NOT have fewer than 1 characters"]],
    ["approval", { approvers: [] }, ["/approvers must NOT have fewer than 1 items"]],
    ["approval", { approvers: ["human"], approvals_required: 0 }, ["/approvals_required must be >= 1"]],
    ["tests_unchanged_since", { phase: "TDD" }, []],
    ["has_summary", { minimum: 3 }, ["/minimum unknown member"]],
  ])("of %s: %j", (name, parameters, places) => {
    const found = validateCheckParameters(findCheck(name)!, parameters);
    expect(found.map(({ place, message }) => `${place} ${message}`)).toEqual(places);
  });
});
