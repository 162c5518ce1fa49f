import { recordedToolNames } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import {
  canonicalToolName,
  findTool,
  toolDefinitions,
  toolGroups,
  toolNames,
  toolOrUnavailable,
  validateToolArguments,
} from "./registry.ts";

function placesOf(tool: string, args: unknown): string[] {
  return validateToolArguments(toolOrUnavailable(tool), args).map(({ place, message }) => `${place} ${message}`);
}

describe("tool registry", () => {
  test("has a tool for each name that the ledger counts apart", () => {
    expect(toolDefinitions.map((tool) => tool.name)).toEqual(recordedToolNames);
  });

  test("knows exactly the tools of the wire's table, and two without executor", () => {
    expect(toolDefinitions.map((tool) => tool.name)).toEqual([
      "read_files",
      "write_files",
      "edit_files",
      "restore_files",
      "bash",
      "grep",
      "glob",
      "run_tests",
      "git_diff",
      "git_commit",
      "web_fetch",
      "ask_user_question",
    ]);
  });

  test("an older name means the same tool", () => {
    expect(canonicalToolName("search_codebase")).toBe("grep");
    expect(findTool("search_codebase")).toBe(findTool("grep"));
  });

  test("no name or alias stands for two tools", () => {
    expect(new Set(toolNames).size).toBe(toolDefinitions.flatMap((tool) => [tool.name, ...tool.aliases]).length);
  });

  test("a name that no tool has keeps its name and has no executor", () => {
    expect(findTool("launch_rocket")).toBeNull();
    expect(canonicalToolName("launch_rocket")).toBe("launch_rocket");
    expect(toolOrUnavailable("launch_rocket").effect).toBe("none");
    expect(placesOf("launch_rocket", { anything: 1 })).toEqual([]);
  });

  test("groups are those of the workflow file", () => {
    expect(toolGroups).toEqual({
      read: ["read_files", "glob", "grep", "git_diff"],
      edit: ["write_files", "edit_files", "restore_files"],
      run: ["bash", "run_tests"],
    });
  });

  test("only file tools name the path that they write", () => {
    expect(toolOrUnavailable("write_files").pathsWritten({ path: "a", content: "" })).toEqual(["a"]);
    expect(toolOrUnavailable("edit_files").pathsWritten({ path: "a" })).toEqual(["a"]);
    expect(toolOrUnavailable("edit_files").pathsWritten({ path: 7 })).toEqual([]);
    expect(toolOrUnavailable("restore_files").pathsWritten({ paths: ["a"] })).toEqual([]);
    expect(toolOrUnavailable("bash").pathsWritten({ command: "echo > a" })).toEqual([]);
  });
});

describe("tool arguments", () => {
  test.each([
    ["read_files", { path: "a" }],
    ["read_files", { path: "/workspace/a", offset: 0, limit: 5 }],
    ["read_files", { path: "a", offset: null, limit: null }],
    ["write_files", { path: "a", content: "" }],
    ["write_files", { path: "a", content: "x", mode: "a" }],
    ["write_files", { path: "a", content: "x", mode: null }],
    ["edit_files", { path: "a", old_text: "x", new_text: "" }],
    ["edit_files", { path: "a", old_text: "x", new_text: "y", replace_all: true }],
    ["restore_files", { paths: ["a", "b/c"] }],
    ["bash", { command: "ls" }],
    ["bash", { command: "ls", timeout: 0.5, cwd: "packages/a" }],
    ["bash", { command: "ls", timeout: null, cwd: null }],
    ["grep", { pattern: "x", path: "." }],
    ["search_codebase", { pattern: "x", path: ".", context_lines: 2, max_matches: 10 }],
    ["glob", { pattern: "**/*.ts" }],
    ["glob", { pattern: "**/*.ts", path: null }],
    ["run_tests", {}],
    ["run_tests", { selection: "test/a.test.ts" }],
    ["run_tests", { selection: ["test/a.test.ts"] }],
    ["git_diff", {}],
    ["git_diff", { since: "base" }],
    ["git_diff", { since: null }],
    ["git_commit", { message: "Subject" }],
  ])("%s takes %j", (tool, args) => {
    expect(placesOf(tool, args)).toEqual([]);
  });

  test.each([
    ["read_files", {}, [" `path` is missing"]],
    ["read_files", { path: null }, ["/path must be `string`"]],
    ["read_files", { path: "" }, ["/path must NOT have fewer than 1 characters"]],
    ["read_files", { path: "a".repeat(4097) }, ["/path must NOT have more than 4096 characters"]],
    ["read_files", { path: "a", offset: -1 }, ["/offset must be >= 0"]],
    ["read_files", { path: "a", limit: 0 }, ["/limit must be >= 1"]],
    ["read_files", { path: "a", limit: "5" }, ["/limit must be `integer` or `null`"]],
    ["read_files", { path: "a", "x/y": 1 }, ["/x~1y unknown member"]],
    ["read_files", "a", [" must be `object`"]],
    ["read_files", null, [" must be `object`"]],
    ["write_files", { path: "a" }, [" `content` is missing"]],
    ["write_files", { path: "a", content: "", mode: "r" }, ["/mode must be one of `w`, `a`, `null`"]],
    ["edit_files", { path: "a", old_text: "", new_text: "" }, ["/old_text must NOT have fewer than 1 characters"]],
    ["restore_files", { paths: [] }, ["/paths must NOT have fewer than 1 items"]],
    ["restore_files", { paths: "a" }, ["/paths must be `array`"]],
    ["bash", { command: "ls", timeout: 0 }, ["/timeout must be > 0"]],
    ["bash", { command: "ls", timeout: 3601 }, ["/timeout must be <= 3600"]],
    ["bash", { command: "x".repeat(65_537) }, ["/command must NOT have more than 65536 characters"]],
    ["grep", { pattern: "x", path: ".", max_matches: 10_001 }, ["/max_matches must be <= 10000"]],
    ["run_tests", { selection: [7] }, ["/selection/0 must be `string`"]],
    ["run_tests", { selection: "a\0b" }, ['/selection must match pattern "^[^\\u0000]*$"']],
    ["git_diff", { since: "yesterday" }, ["/since must be one of `entry`, `base`, `null`"]],
    ["git_commit", { message: "" }, ["/message must NOT have fewer than 1 characters"]],
  ])("%s refuses %j", (tool, args, places) => {
    expect(placesOf(tool, args)).toEqual(places);
  });

  test("a file of eight million characters is taken, one more is not", () => {
    expect(placesOf("write_files", { path: "a", content: "x".repeat(8_388_608) })).toEqual([]);
    expect(placesOf("write_files", { path: "a", content: "x".repeat(8_388_609) })).toEqual([
      "/content must NOT have more than 8388608 characters",
    ]);
  });
});
