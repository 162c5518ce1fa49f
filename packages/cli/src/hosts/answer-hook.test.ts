import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { answerHook } from "./answer-hook.ts";
import { claudeCode } from "./claude-code.ts";
import type { Verdict } from "./verdict.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "phasegate-hooks-")));
const [workspaces, elsewhere, bindingsFolder] = ["workspaces", "elsewhere", "bindings"].map((name) => join(root, name));
for (const folder of [workspaces, elsewhere, bindingsFolder]) mkdirSync(folder!);
afterAll(() => rmSync(root, { recursive: true }));

function call(tool: string, input: unknown, cwd = elsewhere!): Promise<Verdict> {
  const payload = { hook_event_name: "PreToolUse", tool_name: tool, tool_input: input, cwd };
  return answerHook({
    host: claudeCode,
    payload: JSON.stringify(payload),
    folders: [elsewhere!],
    bindingsFolder: bindingsFolder!,
    within: workspaces!,
    now: 0,
    deadline: AbortSignal.timeout(5_000),
  });
}

const write = (path: string, cwd: string): Promise<Verdict> => call("Write", { file_path: path }, cwd);

test("what no task is bound to is denied below `within`, wherever the session stands", async () => {
  const unbound = { code: "config_invalid", message: "this directory is bound to no task" };
  await expect(write("a.txt", workspaces!)).rejects.toMatchObject(unbound);
  await expect(write(join(workspaces!, "task", "a.txt"), elsewhere!)).rejects.toMatchObject(unbound);
  await expect(write("../workspaces/task/a.txt", elsewhere!)).rejects.toMatchObject(unbound);
});

test("elsewhere nothing is asked and nothing said", async () => {
  expect(await write(join(elsewhere!, "a.txt"), elsewhere!)).toEqual({ effect: "proceed" });
  expect(await write(join(root, "workspaces-of-another"), elsewhere!)).toEqual({ effect: "proceed" });
});

const file = join(workspaces!, "task", "a.txt");

test.each([
  ["mcp__files__write_many", { files: [{ p: file, text: "x" }] }],
  ["mcp__files__open", { uri: `file://${file}` }],
  ["mcp__files__open", { where: { directory: "../workspaces" } }],
  ["Bash", { command: `cd ${workspaces!} && git push` }],
  ["Bash", { command: `echo x >${file}` }],
  ["Bash", { command: `git --work-tree=${workspaces!} add .` }],
])("a call from elsewhere that names a bound file in any member is judged: %s %j", async (tool, input) => {
  await expect(call(tool, input)).rejects.toMatchObject({ code: "config_invalid" });
});

test.each([
  ["Write", { file_path: join(elsewhere!, "notes.md"), content: `see ${file}\n` }],
  ["Bash", { command: "ls -l /usr/bin && git push" }],
  ["WebFetch", { url: "https://example.com/workspaces/a", prompt: "workspaces" }],
])("a call from elsewhere that names no bound file is none of it: %s %j", async (tool, input) => {
  expect(await call(tool, input)).toEqual({ effect: "proceed" });
});

test("a call that names more files than are looked at is denied", async () => {
  const files = Array.from({ length: 1_001 }, (_, index) => `/a/${String(index)}`);
  await expect(call("mcp__files__read_many", { files })).rejects.toMatchObject({ code: "malformed_request" });
});
