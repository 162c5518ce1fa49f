import { expect, test } from "vitest";
import { type Answer, isGranted, said, unmet } from "./answer.ts";
import type { Expectation } from "./step.ts";

function answer(status: number, body: Readonly<Record<string, unknown>> = {}): Answer {
  return { status, body, text: JSON.stringify(body) };
}

const loose = { commandsSucceed: false };
const ran = (exit_code: number) => answer(200, { result: { exit_code, changed_paths: ["b", "a"] } });
const blocked = answer(200, { allowed: false, findings: [{ check: "tests_are_failing" }] });
const denied = answer(403, { code: "rolled_back" });
const many: Answer = { ...denied, parts: [ran(0), denied, denied] };

test.each<[string, Expectation | undefined, Answer, readonly string[]]>([
  ["a grant where nothing is said", undefined, ran(1), []],
  ["a denial where nothing is said", undefined, denied, ["refused"]],
  ["a blocked gate where nothing is said", undefined, blocked, ["refused"]],
  ["no answer where nothing is said", undefined, answer(0), ["refused"]],
  ["the denial that is named", { status: 403, code: "rolled_back" }, denied, []],
  ["one of two denials", { code: ["path_not_allowed", "rolled_back"] }, denied, []],
  ["a grant in place of a denial", { code: "rolled_back" }, ran(0), ["expected `rolled_back`"]],
  ["another denial", { status: 403, code: "path_not_allowed" }, denied, ["expected `path_not_allowed`"]],
  ["the finding of a gate", { finding: "tests_are_failing" }, blocked, []],
  ["another finding", { finding: "all_tests_pass" }, blocked, ["expected a finding of `all_tests_pass`"]],
  ["a wait for approval", { awaits: "approval" }, answer(200, { allowed: false, approval: { id: "apr_1" } }), []],
  ["a move in place of a wait", { awaits: "approval" }, answer(200), ["expected that it waits for approval"]],
  ["the exit code", { exit_code: 3 }, ran(3), []],
  ["another exit code", { exit_code: 3 }, ran(0), ["expected exit code 3"]],
  ["a command that must fail and does not", { command_fails: true }, ran(0), ["the command must fail"]],
  ["a command that must fail and never ran", { command_fails: true }, answer(200), ["the command must fail"]],
  ["exactly the changes", { changed: ["a", "b"] }, ran(0), []],
  ["a change too many", { changed: ["a"] }, ran(0), ["expected changes of a"]],
  ["texts", { shows: ["exit_code"], lacks: ["secret"] }, ran(0), []],
  ["a text that must not be there", { lacks: ["exit_code"] }, ran(0), ["the answer holds `exit_code`"]],
  ["a denial that shows a text", { shows: ["rolled"] }, denied, ["refused"]],
  ["nothing that listens", { unreachable: true }, answer(0), []],
  ["an answer where nothing may listen", { unreachable: true }, denied, ["expected no answer at all"]],
  ["how many were granted, and why not", { granted: 1, codes: { rolled_back: [1, 2] } }, many, []],
  ["one granted too many", { granted: 0, codes: { rolled_back: 2 } }, many, ["1 were granted"]],
  ["a code that nobody named", { granted: 1, codes: {} }, many, ["2 were `rolled_back`"]],
])("what an answer must be: %s", (_, expected, seen, wrong) => {
  expect(unmet(expected, seen, loose)).toEqual(wrong);
});

test("commands of ordinary work end with 0 where nothing else is said", () => {
  const strict = { commandsSucceed: true };
  expect(unmet(undefined, ran(1), strict)).toEqual(["the command failed"]);
  expect(unmet({ command_fails: true }, ran(1), strict)).toEqual([]);
  expect(unmet({ exit_code: 1 }, ran(1), strict)).toEqual([]);
  expect(unmet(undefined, ran(0), strict)).toEqual([]);
});

test("several are granted when each is, and are told by their number", () => {
  expect(isGranted(many)).toBe(false);
  expect(isGranted({ ...denied, parts: [ran(0)] })).toBe(true);
  expect([many, denied, blocked, ran(2)].map(said)).toEqual([
    "1 of 3 granted",
    "403 rolled_back",
    "200 tests_are_failing",
    "200 exit code 2",
  ]);
});
