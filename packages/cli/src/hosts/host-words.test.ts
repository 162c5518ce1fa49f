import { expect, test } from "vitest";
import { claudeCode } from "./claude-code.ts";
import { inWordsOf } from "./host-words.ts";

test("a list of tools is told in the host's names, with the way to those that it has not", () => {
  const message = "Tool 'edit_files' not allowed in phase 'PLAN'. Allowed tools: read_files, glob, grep, git_diff";
  const hint = "use one of `read_files, glob, grep, git_diff`, or ask for a transition";
  expect(inWordsOf(claudeCode, { message, hint })).toEqual({
    message: "Tool 'Edit' not allowed in phase 'PLAN'. Allowed tools: Read, Glob, Grep, git_diff",
    hint: "use one of `Read, Glob, Grep, git_diff`, or ask for a transition; `git_diff`: with `POST /api/v1/tools/execute`",
  });
});

test("a tool within a sentence is told so too", () => {
  const hint = "change it in phase `TDD`; putting it back to its entry content with `restore_files` is always allowed";
  expect(inWordsOf(claudeCode, { message: "`write_files` must wait", hint })).toEqual({
    message: "`Write` must wait",
    hint: `${hint}; \`restore_files\`: with \`POST /api/v1/tools/execute\``,
  });
});

test("commands, paths and tools of others stay as they are written", () => {
  const reason = { message: "`grep` and `bash/read_files.ts` in `mcp__files__write`", hint: null };
  expect(inWordsOf(claudeCode, reason)).toEqual(reason);
});
