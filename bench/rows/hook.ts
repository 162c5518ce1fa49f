import { spawnSync } from "node:child_process";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { writeBinding } from "../../packages/cli/src/hosts/bindings.ts";
import { hookExitCodes } from "../../packages/cli/src/hosts/verdict.ts";
import { holdTasks, startProduct } from "../setup.ts";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import type { Effort } from "./http.ts";

const program = new URL("../../packages/cli/bin/phasegate-hook.mjs", import.meta.url).pathname;
const callsInSecond = 5;

/** What a host waits for before each tool: the hook's whole process against one of Node that does nothing. */
export async function measureHooks(effort: Effort): Promise<Row[]> {
  const product = await startProduct();
  try {
    const { key, agents } = await holdTasks(product, 1);
    const [agent] = agents;
    if (!agent) throw new Error("no agent holds a task");
    const bindings = join(product.directory, "bindings");
    const directory = realpathSync(agent.workspace);
    writeBinding(bindings, { directory, server: product.api.url, taskId: agent.taskId, key });
    const elsewhere = join(product.directory, "elsewhere");
    mkdirSync(elsewhere);
    const row = (what: string, cwd: string): Row =>
      rowOf(
        { what, yardstick: "node -e 0", unit: "ms", target: null },
        Array.from({ length: effort.rounds }, () => round(effort, bindings, cwd)),
      );
    return [row("hook process, outside bound directories", elsewhere), row("hook process, asking", directory)];
  } finally {
    await product.stop();
  }
}

/** In turn, so that both have the same machine. */
function round(effort: Effort, bindings: string, cwd: string): { product: number; reference: number } {
  const input = JSON.stringify({
    session_id: "bench",
    cwd,
    hook_event_name: "PreToolUse",
    tool_name: "Read",
    tool_input: { file_path: join(cwd, "src/one-kilobyte.txt") },
  });
  const calls = effort.seconds * callsInSecond;
  const sum = { product: 0, reference: 0 };
  for (let call = 0; call < calls; call += 1) {
    sum.reference += timed(["-e", "0"], "", cwd, 0);
    sum.product += timed([program, "claude-code", "--bindings", bindings], input, cwd, hookExitCodes.proceed);
  }
  return { product: sum.product / calls, reference: sum.reference / calls };
}

function timed(args: readonly string[], input: string, cwd: string, expected: number): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, input, env: {}, encoding: "utf8" });
  if (status !== expected) throw new Error(`ended with ${status}: ${stderr}`);
  return performance.now() - started;
}
