import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Agent } from "../../test/harness/agent.ts";
import { Api } from "../../test/harness/api.ts";
import { startScript } from "../../test/harness/processes.ts";
import { startProduct } from "../setup.ts";
import type { BenchServer } from "../setup.ts";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import type { Effort } from "./http.ts";

const workflow = `
name: bench-transition
evidence:
  tests: { preset: node }
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**", "test/**"], gate: green }
  - { id: CHECK, tools: [read], rework: [WORK] }
`;

const files = {
  "package.json": '{ "name": "bench", "type": "module", "private": true }\n',
  "src/value.js": "export const value = 1;\n",
  "test/value.test.js": [
    'import { test } from "node:test";',
    'import assert from "node:assert";',
    'import { value } from "../src/value.js";',
    'test("is a number", () => assert.equal(typeof value, "number"));',
    "",
  ].join("\n"),
};

const agents = 4;

/** A transition whose evidence is at hand, and what an evidence run costs beside the bare test command. */
export async function measureTransitions(effort: Effort): Promise<Row[]> {
  const product = await startProduct(undefined, { workflow, files });
  const yardstick = await startScript(new URL("../yardstick.ts", import.meta.url), [
    join(product.directory, "yardstick.log"),
    "1200",
    "{}",
  ]);
  try {
    const holders = await hold(product);
    return [await atHand(holders, yardstick.line, effort), await runToDecision(holders, effort)];
  } finally {
    await yardstick.stop();
    await product.stop();
  }
}

async function hold(product: BenchServer): Promise<Agent[]> {
  const created = await product.api.post("/keys", { name: "bench-agent", kind: "agent", roles: ["agent"] });
  const api = new Api(product.api.url, String(created.body["key"]));
  const held: Agent[] = [];
  for (let index = 0; index < agents; index += 1) {
    await product.api.post("/tasks", { title: `Move ${index}` });
    held.push(await Agent.claim(api, `agent-${index}`));
  }
  // The first of them runs the tests; after that their pass is at hand for this tree.
  for (const agent of held) await move(agent, "CHECK");
  return held;
}

async function atHand(held: readonly Agent[], yardstick: string, effort: Effort): Promise<Row> {
  const rounds: { product: number; reference: number }[] = [];
  const bare = new Api(yardstick, null);
  for (let round = 0; round < effort.rounds; round += 1) {
    const ours = await perSecond(effort.seconds, held.length, (index) => {
      const agent = held[index];
      if (!agent) throw new Error("no such agent");
      return move(agent, agent.phase === "CHECK" ? "WORK" : "CHECK");
    });
    const reference = await perSecond(effort.seconds, held.length, async () => {
      await fetch(`${bare.url}/y1`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    });
    rounds.push({ product: ours, reference });
  }
  for (const agent of held) if (agent.phase === "CHECK") await move(agent, "WORK");
  const target = { kind: "least", ratio: 0.3 } as const;
  return rowOf(
    { what: "transition, evidence at hand", yardstick: "Y1 route + fdatasync", unit: "calls/s", target },
    rounds,
  );
}

/** Every round changes the tree, so that its tests have to run. */
async function runToDecision(held: readonly Agent[], effort: Effort): Promise<Row> {
  const [agent] = held;
  if (!agent) throw new Error("no agent holds a task");
  const rounds: { product: number; reference: number }[] = [];
  for (let round = 0; round < Math.max(3, effort.rounds); round += 1) {
    await agent.execute("write_files", { path: "src/value.js", content: `export const value = ${round + 2};\n` });
    const started = performance.now();
    await move(agent, "CHECK");
    const decided = performance.now();
    execFileSync(process.execPath, ["--test"], { cwd: agent.workspace, stdio: "ignore" });
    rounds.push({ product: decided - started, reference: performance.now() - decided });
    await move(agent, "WORK");
  }
  return rowOf(
    { what: "evidence run to decision", yardstick: "the bare test command", unit: "ms", target: null },
    rounds,
  );
}

async function move(agent: Agent, phase: string): Promise<void> {
  const t0 = performance.now();
  const answer = await agent.transition(phase);
  if (answer.body["allowed"] !== true) console.error("took", performance.now() - t0);
  if (answer.body["allowed"] !== true) throw new Error(`not moved to ${phase}: ${JSON.stringify(answer.body)}`);
}

async function perSecond(seconds: number, loops: number, call: (index: number) => Promise<void>): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let calls = 0;
  await Promise.all(
    Array.from({ length: loops }, async (_, index) => {
      while (performance.now() < end) {
        await call(index);
        calls += 1;
      }
    }),
  );
  return calls / seconds;
}
