import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { OutputCapture } from "./captured-output.ts";
import type { SandboxResult } from "./sandbox.ts";

export interface ProcessRequest {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly outputBytes: number;
  readonly signal: AbortSignal;
  /** Ends everything that the process started. Called at most once, on timeout or abort. */
  kill(child: ChildProcess, status: StatusReader): void;
}

/** What the process wrote to descriptor 3, line by line. */
export interface StatusReader {
  /** Calls back with the text so far whenever it grows, and at once if there is some. */
  onText(listener: (text: string) => void): void;
}

export interface ProcessResult extends SandboxResult {
  readonly statusText: string;
}

/**
 * Runs one process with bounded time and output, standard input closed, in a process group of its own. Resolves
 * when it has exited and its output is closed; rejects when it could not be started.
 */
export function superviseProcess(request: ProcessRequest): Promise<ProcessResult> {
  const [file, ...rest] = request.argv;
  const startedAt = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<ProcessResult>();
  const child = spawn(file ?? "", rest, {
    cwd: request.cwd,
    env: { ...request.environment },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
  });
  const stdout = new OutputCapture(request.outputBytes);
  const stderr = new OutputCapture(request.outputBytes);
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));

  let statusText = "";
  let onStatus: ((text: string) => void) | null = null;
  child.stdio[3]?.on("data", (chunk: Buffer) => {
    if (statusText.length < 65_536) statusText += chunk.toString("utf8");
    onStatus?.(statusText);
  });
  const status: StatusReader = {
    onText(listener) {
      onStatus = listener;
      if (statusText !== "") listener(statusText);
    },
  };

  let ended: SandboxResult["ended"] = "exited";
  const end = (reason: "timed_out" | "aborted"): void => {
    if (ended !== "exited") return;
    ended = reason;
    request.kill(child, status);
  };
  const timer = setTimeout(() => end("timed_out"), request.timeoutMs);
  const onAbort = (): void => end("aborted");
  request.signal.addEventListener("abort", onAbort, { once: true });
  if (request.signal.aborted) child.once("spawn", onAbort);

  const settle = (): void => {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", onAbort);
  };
  child.once("error", (error) => {
    settle();
    reject(error);
  });
  child.once("exit", () => {
    // What outlives the leader is ended by the sandbox; a pipe that something outside still holds must not hang us.
    clearTimeout(timer);
    setTimeout(() => destroyStreams(child), 2_000).unref();
  });
  child.once("close", (code, signal) => {
    settle();
    const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    resolve({
      ended,
      exitCode,
      stdout: stdout.finish(),
      stderr: stderr.finish(),
      durationMs: performance.now() - startedAt,
      statusText,
    });
  });
  return promise;
}

/** SIGKILL to the process group of a detached child; nothing if it is gone. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  killQuietly(-child.pid);
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function destroyStreams(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy();
}
