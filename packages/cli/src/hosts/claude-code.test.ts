import { describe, expect, test } from "vitest";
import { claudeCode } from "./claude-code.ts";

const call = (tool_name: string, tool_input: unknown, more: object = {}) =>
  claudeCode.callOf({ session_id: "s", hook_event_name: "PreToolUse", tool_name, tool_input, ...more });

describe("each tool of the host is asked about in the words of the server", () => {
  test.each([
    ["Read", { file_path: "/w/a", limit: 3 }, "read_files", { path: "/w/a", limit: 3 }],
    ["Write", { file_path: "/w/a", content: "" }, "write_files", { path: "/w/a", content: "" }],
    [
      "Edit",
      { file_path: "/w/a", old_string: "a", new_string: "b", replace_all: true },
      "edit_files",
      { path: "/w/a", old_text: "a", new_text: "b", replace_all: true },
    ],
    [
      "MultiEdit",
      { file_path: "/w/a", edits: [{ old_string: "a", new_string: "b" }] },
      "edit_files",
      { path: "/w/a", old_text: "a", new_text: "b" },
    ],
    [
      "NotebookEdit",
      { notebook_path: "/w/n", cell_id: "c", new_source: "x" },
      "edit_files",
      { path: "/w/n", old_text: "c", new_text: "x" },
    ],
    ["Bash", { command: "ls", timeout: 9, run_in_background: true }, "bash", { command: "ls" }],
    ["Grep", { pattern: "x", "-n": true }, "grep", { pattern: "x", path: "." }],
    ["LS", { path: "/w" }, "glob", { pattern: "*", path: "/w" }],
    ["Agent", { prompt: "x" }, "sub_agent", { prompt: "x" }],
    ["mcp__files__write", { path: "/w/a" }, "mcp__files__write", { path: "/w/a" }],
    ["constructor", {}, "constructor", {}],
  ])("%s", (name, input, tool, args) => {
    expect(call(name, input)).toMatchObject({ kind: "ask", tool, args });
  });
});

test("a call and its outcome have one key, two calls have two", () => {
  const key = (payload: object) => (call("Bash", { command: "ls" }, payload) as { readonly callKey: string }).callKey;
  expect(key({})).toBe(key({ hook_event_name: "PostToolUse" }));
  expect(key({ tool_use_id: "t1" })).toBe(key({ tool_use_id: "t1", hook_event_name: "PostToolUseFailure" }));
  expect(key({ tool_use_id: "t1" })).not.toBe(key({ tool_use_id: "t2" }));
  expect(key({ tool_use_id: "t1" })).not.toBe(key({ tool_use_id: "t1", session_id: "other" }));
});

test("what a host never sends is refused", () => {
  for (const [name, input, more] of [
    ["", {}, {}],
    ["Bash", "ls", {}],
    ["Bash", [], {}],
    ["Bash", {}, { hook_event_name: "Stop" }],
    ["Bash", {}, { hook_event_name: undefined }],
  ] as const) {
    expect(() => call(name, input, more)).toThrow(/the hook knows no event|what the host sent has no/);
  }
  expect(() => claudeCode.placeOf({})).toThrow("what the host sent has no `cwd` that is an absolute path");
  expect(() => claudeCode.placeOf({ cwd: "src" })).toThrow("that is an absolute path");
});
