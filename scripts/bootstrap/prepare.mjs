import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { installPackages } from "./packages.mjs";
import { findProgram } from "./paths.mjs";
import { planInstall, systemTools } from "./system-tools.mjs";

/** Nothing that is installed unattended may take longer than this. */
const installTimeoutMs = 5 * 60_000;

/** Brings npm packages and system tools. False when the job cannot run; says why. */
export async function prepare() {
  if (!installPackages()) return false;
  return prepareSystemTools();
}

async function prepareSystemTools() {
  const plan = planInstall({
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    ci: Boolean(process.env.CI) && process.env.CI !== "false",
    interactive: process.stdin.isTTY && process.stdout.isTTY,
    has: (program) => findProgram(program) !== null,
  });
  if (plan.action === "nothing") return true;
  const names = plan.missing.map((tool) => tool.package).join(", ");
  if (plan.action === "install") {
    console.log(`phasegate: installing ${names}: ${plan.typed}`);
    runAll(plan.commands, "ignore");
  } else if (
    plan.action === "ask" &&
    (await agrees(`phasegate: ${names} missing. Run \`${plan.typed}\` now? [Y/n] `))
  ) {
    runAll(plan.commands, "inherit");
  }
  return reportMissing(plan.typed);
}

function runAll(commands, stdin) {
  for (const [program, ...args] of commands) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const ran = spawnSync(program, args, { env, stdio: [stdin, "ignore", "inherit"], timeout: installTimeoutMs });
    if (ran.status !== 0) console.error(`phasegate: \`${[program, ...args].join(" ")}\` failed`);
  }
}

/** Names what is still missing and what that costs. False when it is needed by everything. */
function reportMissing(typed) {
  const missing = systemTools.filter(
    (tool) => !(tool.linuxOnly && process.platform !== "linux") && findProgram(tool.program) === null,
  );
  for (const tool of missing) console.error(`phasegate: \`${tool.package}\` is missing; ${tool.without}`);
  if (missing.length > 0) {
    console.error(
      `phasegate: ${typed === null ? "install it with your package manager" : `to install, type: ${typed}`}`,
    );
  }
  return !missing.some((tool) => tool.required);
}

async function agrees(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^(y(es)?)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}
