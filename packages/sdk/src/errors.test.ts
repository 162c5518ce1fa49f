import { errorRegistry, problem, reasonCodes } from "@phasegate/wire";
import { expect, test } from "vitest";
import { errorFromProblem } from "./errors.ts";

test.each([
  ["unauthenticated", "UnauthenticatedError"],
  ["forbidden", "ForbiddenError"],
  ["token_superseded", "TokenError"],
  ["tool_not_allowed", "ToolDeniedError"],
  ["path_protected", "ToolDeniedError"],
  ["rolled_back", "ToolDeniedError"],
  ["tool_failed", "ToolFailedError"],
  ["no_such_transition", "InvalidRequestError"],
  ["invalid_request", "InvalidRequestError"],
  ["no_claimable_task", "NotFoundError"],
  ["stale_phase", "ConflictError"],
  ["rate_limited", "RateLimitedError"],
  ["ledger_unavailable", "UnavailableError"],
  ["internal_error", "ServerError"],
] as const)("%s becomes %s", (code, name) => {
  expect(errorFromProblem(problem(code, "d")).name).toBe(name);
});

test("every code of a tool is a tool's error, and every code of a token a token's", () => {
  const names = (prefix: RegExp): string[] =>
    reasonCodes
      .filter((code) => prefix.test(code) && errorRegistry[code].status < 404)
      .map((code) => errorFromProblem(problem(code, "d")).name);
  expect(new Set(names(/^(path|command)_/))).toEqual(new Set(["ToolDeniedError"]));
  expect(new Set(names(/^token_/))).toEqual(new Set(["TokenError"]));
  expect(new Set(names(/^tool_/))).toEqual(new Set(["ToolDeniedError", "ToolFailedError"]));
});

test("an error carries all that the problem document said", () => {
  const finding = { place: "/args/path", message: "is missing" };
  const next = { method: "GET", path: "/api/v1/tasks/t" } as const;
  const document = problem("path_not_allowed", "phase `TDD` may not change `src/a.js`", {
    rule: "agent_workflow.yaml:3:5",
    hint: "it may change `test/**`",
    next,
    blockers: ["one"],
    findings: [finding],
    retryAfterSeconds: 2,
  });
  expect(errorFromProblem(document)).toMatchObject({
    message: "phase `TDD` may not change `src/a.js`",
    code: "path_not_allowed",
    status: 403,
    rule: "agent_workflow.yaml:3:5",
    hint: "it may change `test/**`",
    next,
    blockers: ["one"],
    findings: [finding],
    retryAfter: 2,
    problem: document,
  });
  expect(errorFromProblem(problem("not_found", "nothing"))).toMatchObject({
    rule: null,
    hint: null,
    next: null,
    blockers: [],
    findings: [],
    retryAfter: null,
  });
});
