import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { bin, folderWith } from "./cli-under-test.ts";

export const operatorKey = "operator-key-of-thirty-two-characters";

const workflow = `name: shop
phases:
  - { id: PLAN, tools: [read] }
  - { id: IMPL, tools: [read, edit], write: ["src/**"] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

/** A repository with one commit and a workflow. */
export function repositoryWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = folderWith({ "agent_workflow.yaml": workflow, "src/price.js": "export const price = 1;\n", ...files });
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, ...args], { stdio: "pipe" });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "Begin");
  return folder;
}

export interface ServeUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly lines: readonly string[];
  readonly errors: readonly string[];
  /** As a service manager asks for a reload. */
  hangUp(): void;
  /** Ends it with the signal and answers its exit code. */
  end(signal: "SIGINT" | "SIGTERM"): Promise<number | null>;
}

/** `phasegate serve` on a free port, up when this resolves. */
export async function serve(
  cwd: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = { PHASEGATE_OPERATOR_KEY: operatorKey },
): Promise<ServeUnderTest> {
  const child = spawn(process.execPath, [bin, "serve", "--port", "0", "--data-dir", folderWith({}), ...args], {
    cwd,
    env: {
      PATH: process.env["PATH"],
      HOME: cwd,
      PHASEGATE_RUNNER_SANDBOX: "off",
      PHASEGATE_LOGGING_LEVEL: "error",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      const address = /listens on (\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${errors.join("; ")}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null) return child.exitCode;
    child.kill(signal);
    // Not `exit`: by then its last words may still be on the way.
    const [code] = (await once(child, "close")) as [number | null];
    return code;
  };
  return {
    url,
    lines,
    errors,
    hangUp: () => child.kill("SIGHUP"),
    end,
    [Symbol.asyncDispose]: async () => {
      await end("SIGKILL");
    },
  };
}
