#!/usr/bin/env node
// Works after `npm ci` alone: started by an older Node, it goes on under the packaged Node 24.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const needed = 24;

if (Number(process.versions.node.split(".")[0]) >= needed) {
  keepCompiledCode();
  const { main } = await import("../src/main.ts");
  await main(process.argv.slice(2));
} else {
  runOnPackagedNode();
}

/**
 * Keeps the sources without their types, and the compiled code, beside the installation: who can write there can change
 * the program itself. In a folder for temporary files any user could leave code for this one. Where the installation
 * is read-only nothing is kept. Threads look at the variable alone.
 */
function keepCompiledCode() {
  const folder = fileURLToPath(new URL("../../../node_modules/.cache/phasegate", import.meta.url));
  const { directory } = nodeModule.enableCompileCache(folder);
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= folder;
}

function runOnPackagedNode() {
  const packaged = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
  if (!existsSync(packaged)) {
    console.error(
      `phasegate: this is Node ${process.versions.node}; Node ${needed} is needed. Type: npm ci (it brings Node ${needed})`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(packaged, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  const hand = (signal) => child.kill(signal);
  process.on("SIGTERM", hand).on("SIGHUP", hand);
  // A terminal sends SIGINT to the whole group: the child has it already, and this process waits for it.
  process.on("SIGINT", process.stdin.isTTY ? () => {} : hand);
  child.once("exit", (code, signal) => {
    process.exitCode = signal === null ? code : 128 + constants.signals[signal];
    process.off("SIGTERM", hand).off("SIGHUP", hand);
  });
}
