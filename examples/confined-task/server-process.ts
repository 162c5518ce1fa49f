import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../packages/cli/bin/phasegate.mjs", import.meta.url));

export interface ServerProcess {
  readonly url: string;
  /** What it said about itself at start. */
  readonly lines: readonly string[];
  /** Ends it as an operator would, and resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts `phasegate serve` on a free port. Rejects with what it said when it does not come up. */
export async function startServerProcess(options: {
  cwd: string;
  env: Readonly<Record<string, string>>;
}): Promise<ServerProcess> {
  const child = spawn(process.execPath, [bin, "serve"], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env, PHASEGATE_SERVER_PORT: "0", PHASEGATE_LOGGING_LEVEL: "error" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      const address = /http:\/\/\S+/.exec(line)?.[0];
      if (address !== undefined) resolve(address);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}\n${errors.join("\n")}`)));
  });
  return { url, lines, stop: () => stop(child) };
}

/** Runs another command of the command line against the server and answers what it printed. */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = (await once(child, "close")) as [number];
  return { code, output: output.trimEnd() };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
