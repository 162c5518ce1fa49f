import { expect, test } from "vitest";
import { describedArguments } from "./described-arguments.ts";
import { toolOrUnavailable } from "./registry.ts";

test.each([
  ["write_files", '`write_files` takes `{path: string, content: string, mode?: "w" or "a"}`'],
  ["read_files", "`read_files` takes `{path: string, offset?: integer, limit?: integer}`"],
  ["git_diff", '`git_diff` takes `{since?: "entry" or "base"}`'],
  ["run_tests", "`run_tests` takes `{selection?: string or string[]}`"],
  ["restore_files", "`restore_files` takes `{paths: string[]}`"],
])("%s says what it takes", (tool, line) => {
  expect(describedArguments(toolOrUnavailable(tool))).toBe(line);
});
