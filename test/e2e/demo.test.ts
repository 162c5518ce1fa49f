import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadAttacks } from "../../packages/cli/src/corpus/load-corpus.ts";
import { failuresOf, runDemo } from "../../packages/cli/src/demo/run-demo.ts";
import { silentListener } from "../harness/demo.ts";

const bin = fileURLToPath(new URL("../../packages/cli/bin/phasegate.mjs", import.meta.url));
const workflow = readFileSync(new URL("../../examples/sample-repo/agent_workflow.yaml", import.meta.url), "utf8");
const attacks = loadAttacks();

async function demo(...args: string[]): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [bin, "demo", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const [code] = (await once(child, "close")) as [unknown];
  return { code, output };
}

/** What the demo finds wrong under another workflow, with the cases of these names. */
async function failuresUnder(other: string, ...names: string[]): Promise<readonly string[]> {
  expect(other).not.toBe(workflow);
  const tried = attacks.filter(({ name }) => names.includes(name));
  expect(tried).toHaveLength(names.length);
  const options = { env: process.env, attacks: tried, listener: silentListener, sandbox: "off" } as const;
  return failuresOf(await runDemo({ ...options, workflow: other }), null);
}

// The demo is the first thing that people run.
test("without a sandbox the whole demo holds what its level promises, and says what it cannot stop", async () => {
  const { code, output } = await demo("--sandbox", "off");
  expect(output).toContain("everything that this level promises held");
  expect(output).toContain("attempts were not tried: at `mediated` nothing stops them on this machine");
  expect(output).toContain("missing: the OS sandbox");
  expect(output).toMatch(/^final commit {2}[0-9a-f]{40}$/m);
  expect(output).toMatch(/^audit verify {2}ok: /m);
  expect(output).not.toMatch(/THROUGH|OTHERWISE/);
  expect(code).toBe(0);
});

test("a level that is required and not there is a failure", async () => {
  const folder = mkdtempSync(join(tmpdir(), "phasegate-attacks-"));
  writeFileSync(
    join(folder, "one.yaml"),
    "about: one\ndemo: true\ncases:\n" +
      "  - { name: skip, class: F1, attack: [{ transition: IMPL, expect: { code: no_such_transition } }] }\n",
  );
  const { code, output } = await demo("--sandbox", "off", "--attacks", folder, "--require", "sandboxed");
  rmSync(folder, { recursive: true });
  expect(output).toContain("failed: this machine gives `mediated`, `sandboxed` is required");
  expect(output).toContain("not everything held");
  expect(code).toBe(1);
});

test("a workflow that lets the implementer at the tests fails the demo", async () => {
  const open = workflow
    .replace("    freeze: [$tests, $rules]\n", "")
    .replace("write: [$source]", "write: [$source, $tests]");
  expect(await failuresUnder(open, "the frozen test skipped by a command")).toContainEqual(
    expect.stringMatching(/^C6 `the frozen test skipped by a command`: through: .*changed test\/round\.test\.js/),
  );
});

test("a permissive mode fails the demo", async () => {
  const permissive = `${workflow}enforcement: { mode: permissive }\n`;
  expect(await failuresUnder(permissive, "echo with a redirection")).toContainEqual(
    expect.stringMatching(/^A1 `echo with a redirection`: through: .*changed src\/parse\.js/),
  );
});

test("a workflow without approval fails the demo", async () => {
  const alone = workflow.replace("gate: { reviews: [quality], approval: human }", "gate: { reviews: [quality] }");
  expect(await failuresUnder(alone, "approve one's own work")).toEqual([
    expect.stringMatching(
      /^\{"transition":"COMPLETE",.* expected that it waits for approval: .*"new_token":"\(token\)"/,
    ),
    "E2 `approve one's own work`: otherwise: its moment never came",
    "the task is `active`",
  ]);
});
