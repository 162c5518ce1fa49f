import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type AssuranceLevel, assuranceLevels, PhasegateError } from "@phasegate/wire";

const bin = fileURLToPath(new URL("../../bin/phasegate.mjs", import.meta.url));

export interface StageServerOptions {
  readonly repository: string;
  readonly dataDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sandbox: "auto" | "off";
  readonly toolchainDirs: readonly string[];
  readonly clock: { now(): number };
}

/** A server as the corpus holds it. */
export interface StageServer {
  readonly url: string;
  readonly assurance: AssuranceLevel;
  /** Ends leases that are over by its clock. */
  sweepLeases(): Promise<void>;
  close(): Promise<void>;
  /** Ends it between two instructions. */
  kill(): Promise<void>;
  /** As on a disk without room: it can write no file, until it can again. */
  setDiskFull(isFull: boolean): void;
}

/** A server in this process, whose clock the corpus holds. Rejects with PhasegateError where it does not start. */
export async function startInProcess(options: StageServerOptions): Promise<StageServer> {
  const { startServer } = await import("@phasegate/server");
  const { repository, dataDirectory, env, sandbox, toolchainDirs, clock } = options;
  const server = await startServer({
    cwd: repository,
    env: { ...env },
    clock,
    toolchainDirs,
    overrides: {
      "server.port": 0,
      "server.transition_wait_seconds": transitionWaitSeconds,
      // It shares this process with all that the corpus does.
      "health.max_event_loop_delay_ms": 60_000,
      "storage.data_dir": dataDirectory,
      "logging.level": "silent",
      "runner.sandbox": sandbox,
    },
  });
  return {
    url: server.url,
    assurance: server.capabilities.assurance,
    sweepLeases: () => server.sweepLeases(),
    close: () => server.close(),
    kill: () => Promise.reject(new Error(needsProcess)),
    setDiskFull: () => {
      throw new Error(needsProcess);
    },
  };
}

/** `phasegate serve` in a process of its own, with the machine's clock. */
export async function startProcess(options: StageServerOptions): Promise<StageServer> {
  const { repository, dataDirectory, env, sandbox } = options;
  // Past the limit a write then fails, where by default the process would end.
  const ignoring = 'trap "" XFSZ; exec "$@"';
  const serve = [process.execPath, bin, "serve", "--port", "0", "--data-dir", dataDirectory];
  const child = spawn("sh", ["-c", ignoring, "sh", ...serve], {
    cwd: repository,
    env: {
      ...env,
      PHASEGATE_LOGGING_LEVEL: "error",
      PHASEGATE_RUNNER_SANDBOX: sandbox,
      PHASEGATE_SERVER_TRANSITION_WAIT_SECONDS: String(transitionWaitSeconds),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await closed;
  };
  const { url, assurance } = await announced(child.stdout, child.stderr, closed);
  return {
    url,
    assurance,
    sweepLeases: () => Promise.reject(new Error("a server in a process of its own has the machine's clock")),
    close: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    setDiskFull: (isFull) => {
      execFileSync("prlimit", ["--pid", String(child.pid), `--fsize=${isFull ? "0:" : "unlimited:"}`], {
        stdio: "pipe",
      });
    },
  };
}

/** Evidence of a crowded machine may take its time. */
const transitionWaitSeconds = 600;
const needsProcess = "say `own_process: true`: this acts on a server in a process of its own";

/** What `serve` says when it is up; rejects with its own words when it ends before that. */
function announced(
  stdout: NodeJS.ReadableStream,
  stderr: NodeJS.ReadableStream,
  closed: Promise<unknown[]>,
): Promise<{ readonly url: string; readonly assurance: AssuranceLevel }> {
  const errors: string[] = [];
  createInterface({ input: stderr }).on("line", (line) => errors.push(line));
  return new Promise((resolve, reject) => {
    let assurance: AssuranceLevel = "observed";
    createInterface({ input: stdout }).on("line", (line) => {
      const level = /^assurance (\w+)/.exec(line)?.[1];
      assurance = assuranceLevels.find((one) => one === level) ?? assurance;
      const url = /listens on (\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve({ url, assurance });
    });
    closed.then(
      () => reject(new PhasegateError("config_invalid", `the server ended: ${errors.join("; ").slice(0, 1_000)}`)),
      reject,
    );
  });
}
