import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";
import { packagedNode, root } from "./paths.mjs";

/**
 * Runs `[file, ...arguments]` from the root of the repository on the packaged Node, with the terminal passed through.
 * Resolves with the exit code; a signal counts as 128 + its number. Signals are handed on; but a terminal sends
 * SIGINT to the whole foreground group by itself, so there it only must not end this process first.
 */
export function runJob([file, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(packagedNode, [file, ...args], {
      cwd: root,
      env: { ...process.env, PATH: dirname(packagedNode) + delimiter + (process.env.PATH ?? "") },
      stdio: "inherit",
    });
    const hand = (signal) => child.kill(signal);
    const wait = process.stdin.isTTY ? () => {} : hand;
    process.on("SIGTERM", hand).on("SIGHUP", hand).on("SIGINT", wait);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("SIGTERM", hand).off("SIGHUP", hand).off("SIGINT", wait);
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}
