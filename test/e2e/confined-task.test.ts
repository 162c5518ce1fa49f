import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../../examples/confined-task/run.ts", import.meta.url));

async function run(sandbox: "auto" | "off"): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PHASEGATE_RUNNER_SANDBOX: sandbox },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const [code] = (await once(child, "close")) as [unknown];
  return { code, output };
}

// The demo is the first thing that people run: every attempt of its agent is refused, and the honest way is open.
test.each(["auto", "off"] as const)("the demo's agent gets nothing through, with the sandbox %s", async (sandbox) => {
  const { code, output } = await run(sandbox);
  expect(output).toContain("37 attempts refused, 0 through");
  expect(output).not.toContain("THROUGH");
  expect(output).toContain("audit verify: ok");
  expect(code).toBe(0);
});
