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

function write(file: string, cwd: string): Promise<Verdict> {
  const payload = { hook_event_name: "PreToolUse", tool_name: "Write", tool_input: { file_path: file }, cwd };
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
