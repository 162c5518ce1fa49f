import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Agent } from "./agent.ts";
import { Api } from "./api.ts";
import { operatorKey } from "./server.ts";

const bin = fileURLToPath(new URL("../../packages/cli/bin/phasegate.mjs", import.meta.url));

export interface BinOptions {
  /** Where `agent_workflow.yaml` lies. */
  readonly repository: string;
  readonly dataDirectory: string;
  /** `PHASEGATE_` variables, without the prefix. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What the command is run by, such as `nsenter` with its options. */
  readonly through?: readonly string[];
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** A server of the real command, in a process of its own. */
export class BinServer {
  readonly url: string;
  readonly process: ChildProcess;
  readonly #errors: readonly string[];

  private constructor(url: string, child: ChildProcess, errors: readonly string[]) {
    this.url = url;
    this.process = child;
    this.#errors = errors;
  }

  /** Resolves when it listens; throws with what it printed when it ends before. */
  static async start(options: BinOptions): Promise<BinServer> {
    const args = ["serve", "--port", "0", "--data-dir", options.dataDirectory];
    const child = spawnBin(args, options);
    const errors: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const address = /listens on (\S+)/.exec(line)?.[1];
        if (address !== undefined) resolve(address);
      });
      child.once("close", (code) => reject(new Error(`serve ended with ${code}: ${errors.join("\n")}`)));
    });
    return new BinServer(url, child, errors);
  }

  get operator(): Api {
    return new Api(this.url, operatorKey);
  }

  /** What it wrote to standard error: its log. */
  get log(): string {
    return this.#errors.join("\n");
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error("the server has no process");
    return this.process.pid;
  }

  /** A new task, held by a new agent under a key of its own. */
  async newAgent(name: string): Promise<Agent> {
    const made = await this.operator.post("/keys", { name, kind: "agent", roles: ["agent"] });
    if (made.status !== 201) throw new Error(`no key was made: ${JSON.stringify(made.body)}`);
    const task = await this.operator.post("/tasks", { title: `Task of ${name}` });
    return Agent.claim(new Api(this.url, String(made.body["key"])), name, String(task.body["id"]));
  }

  /** Ends it and answers its exit code. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const { process: child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const closed = once(child, "close") as Promise<[number | null]>;
    child.kill(signal);
    return (await closed)[0];
  }
}

/** Runs a command of the real bin to its end, in the place where the server would run; one that does not end is ended. */
export async function runBin(args: readonly string[], options: Omit<BinOptions, "dataDirectory">): Promise<Ended> {
  const child = spawnBin(args, options, 30_000);
  const ended = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (ended.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (ended.error += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...ended };
}

function spawnBin(args: readonly string[], options: Omit<BinOptions, "dataDirectory">, timeoutMs = 0) {
  const [file = "", ...rest] = [...(options.through ?? []), process.execPath, bin, ...args];
  const settings = Object.entries(options.settings ?? {}).map(([name, value]) => [`PHASEGATE_${name}`, value]);
  return spawn(file, rest, {
    cwd: options.repository,
    env: {
      PATH: process.env["PATH"],
      HOME: options.repository,
      PHASEGATE_OPERATOR_KEY: operatorKey,
      PHASEGATE_LOGGING_LEVEL: "warn",
      ...Object.fromEntries(settings),
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
  });
}
