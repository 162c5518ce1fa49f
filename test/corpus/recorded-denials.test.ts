import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditQueryAnswer } from "@phasegate/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadAttacks } from "../../packages/cli/src/corpus/load-corpus.ts";
import { Player } from "../../packages/cli/src/corpus/player.ts";
import { readKind } from "../../packages/cli/src/corpus/repository-kind.ts";
import { runCorpus } from "../../packages/cli/src/corpus/run-corpus.ts";
import { Stage } from "../../packages/cli/src/corpus/stage.ts";

const folder = mkdtempSync(join(tmpdir(), "phasegate-denials-"));
const secret = `ghp_${"a1B2".repeat(9)}`;
let stage: Stage;
let player: Player;

beforeAll(async () => {
  const kind = readKind("node");
  if ("missing" in kind) throw new Error(kind.missing);
  stage = await Stage.set({ kind, env: process.env, sandbox: "off" });
  player = await Player.seat(stage);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function newestDenial(type: string): Promise<string> {
  const operator = await stage.client("operator");
  const query = { type, task_id: player.task.taskId, limit: 1 };
  const { entries } = await operator.get<AuditQueryAnswer>("/audit/query", query);
  return String(entries[0]?.event_id);
}

/** The case that the command makes of the newest denial of a type, and what comes of it on another server. */
async function replayed(type: string): Promise<{ text: string; outcome: string; seen: string; class: string }> {
  const file = join(folder, "one.yaml");
  rmSync(file, { force: true });
  const { answer } = await player.take({ cli: ["case", await newestDenial(type), "--write", file], as: "agent" });
  expect(answer.text).toBe(`written to ${file}\n`);
  const attacks = loadAttacks(folder);
  const report = await runCorpus({ env: process.env, attacks, benign: [], levels: ["mediated"] });
  const [result] = report.attacks;
  return {
    text: readFileSync(file, "utf8"),
    outcome: result?.outcome ?? "",
    seen: result?.seen ?? "",
    class: result?.attack.class ?? "",
  };
}

test("a refused tool call becomes a case that is refused again, without secrets, names and ids", async () => {
  const content = `token=${secret} /home/maria/${player.task.taskId}`;
  await player.take({ write: "src/x.js", content, expect: { code: "tool_not_allowed" } });
  const made = await replayed("tool.denied");
  expect(made).toMatchObject({ outcome: "stopped", seen: "403 tool_not_allowed", class: "A11" });
  expect(made.text).toContain("/home/user/{task}");
  expect(made.text).not.toMatch(/ghp_|maria|task_/);
});

test("a token that was refused is refused again", async () => {
  await player.take({ tool: "read_files", args: { path: "src/parse.js" }, token: "garbage", expect: { status: 403 } });
  const made = await replayed("violation.detected");
  expect(made).toMatchObject({ outcome: "stopped", seen: "403 token_malformed", class: "D3" });
});

test("a blocked gate becomes a transition with what was handed in", async () => {
  const plan = { acceptance_criteria: ["it works"] };
  await player.take({ transition: "TDD", artifacts: { plan }, expect: { finding: "scope_is_bounded" } });
  const made = await replayed("gate.blocked");
  expect(made).toMatchObject({ outcome: "stopped", seen: "200 scope_is_bounded", class: "F1" });
  expect(made.text).toContain("it works");
});

test("a change past the server becomes one that is detected", async () => {
  const [planning] = player.stage.kind.honest.phases;
  for (const step of planning?.leave ?? []) expect(await player.take(step)).toMatchObject({ wrong: [] });
  await player.take({ outside: "src/new.js", content: "x\n" });
  await player.take({ bash: "true" });
  expect(await replayed("violation.detected")).toMatchObject({ outcome: "detected", class: "F8" });
});

test("what is no denial, or not there, is said", async () => {
  const { answer } = await player.take({ cli: ["case", "evt_none", "--task", player.task.taskId], as: "agent" });
  expect(answer.body["exit_code"]).toBe(1);
  expect(answer.text).toContain("no denial that you may see is recorded as `evt_none`");
});
