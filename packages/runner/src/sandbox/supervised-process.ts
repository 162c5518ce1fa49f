import { once } from "node:events";
import type { Readable } from "node:stream";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { OutputCapture } from "./captured-output.ts";
import { readPaced } from "./paced-reading.ts";
import type { ExitStatus } from "../spawner/spawner-link.ts";
import type { SpawnedProcess, Spawner } from "../spawner/spawner.ts";
import type { SandboxResult } from "./sandbox.ts";

export interface ProcessRequest {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** See `SpawnRequest`. */
  readonly marker?: string;
  readonly timeoutMs: number;
  /** Kept of each stream. */
  readonly outputBytes: number;
  /** Of all streams together: past it `printedTooMuch` is called, once. */
  readonly printedBytes?: number;
  printedTooMuch?(): void;
  readonly signal: AbortSignal;
  /** Ends the process as `over_limit`. */
  readonly overLimit?: AbortSignal;
  readonly spawner: Spawner;
  /** Ends everything that the process started. Called at most once, on timeout or abort. */
  kill(child: SpawnedProcess, status: StatusReader): void;
  /** Called with the process as soon as it runs. */
  started?(child: SpawnedProcess): void;
  /** Called when the process and its group have ended, before the rest of its output is waited for. */
  ended?(child: SpawnedProcess): Promise<void>;
}

/** What the process writes to descriptor 3. */
export interface StatusReader {
  /** Calls back with the text so far whenever it grows, and at once if there is some. */
  onText(listener: (text: string) => void): void;
}

export interface ProcessResult extends Omit<SandboxResult, "limits" | "written"> {
  readonly statusText: string;
}

/** After the leader's end: how long output that something else still holds open is waited for. */
const drainMs = 1_000;
const maxStatusLength = 65_536;

/**
 * Runs one process with bounded time and output, standard input closed, in a process group of its own, with no
 * descriptor of the server but its output. Resolves when it has exited and its output is read; rejects when it could
 * not be started.
 */
export async function superviseProcess(request: ProcessRequest): Promise<ProcessResult> {
  const startedAt = performance.now();
  let printedLeft = request.printedBytes ?? Infinity;
  const printed = (bytes: number): void => {
    const wasWithin = printedLeft >= 0;
    printedLeft -= bytes;
    if (wasWithin && printedLeft < 0) request.printedTooMuch?.();
  };
  const child = await request.spawner.start({
    argv: request.argv,
    cwd: request.cwd,
    environment: request.environment,
    descriptors: ["nothing", "write", "write", "write"],
    ...(request.marker === undefined ? {} : { marker: request.marker }),
  });
  const [, stdout, stderr, statusStream] = child.streams;
  const output = captureStream(stdout, request.outputBytes, printed);
  const errors = captureStream(stderr, request.outputBytes, printed);
  const status = new StatusText(statusStream, printed);
  request.started?.(child);
  let ended: SandboxResult["ended"] = "exited";
  const end = (reason: "timed_out" | "aborted" | "over_limit"): void => {
    if (ended !== "exited") return;
    ended = reason;
    request.kill(child, status);
  };
  const onAbort = (): void => end("aborted");
  const onLimit = (): void => end("over_limit");
  const timer = setTimeout(() => end("timed_out"), request.timeoutMs);
  try {
    request.signal.addEventListener("abort", onAbort, { once: true });
    if (request.signal.aborted) onAbort();
    request.overLimit?.addEventListener("abort", onLimit, { once: true });
    const { code, signal }: ExitStatus = await child.exited;
    clearTimeout(timer);
    await request.ended?.(child);
    const streams = [output.closed, errors.closed, status.closed];
    const drained = new AbortController();
    await Promise.race([
      Promise.all(streams).finally(() => drained.abort()),
      delay(drainMs, undefined, { signal: drained.signal }).catch(() => undefined),
    ]);
    return {
      ended,
      exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
      stdout: output.capture.finish(),
      stderr: errors.capture.finish(),
      durationMs: performance.now() - startedAt,
      statusText: status.text,
    };
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", onAbort);
    request.overLimit?.removeEventListener("abort", onLimit);
    for (const stream of [stdout, stderr, statusStream]) stream.destroy();
  }
}

function captureStream(
  stream: Readable,
  limitBytes: number,
  printed: (bytes: number) => void,
): { capture: OutputCapture; closed: Promise<unknown> } {
  const capture = new OutputCapture(limitBytes);
  readPaced(stream, (chunk) => {
    capture.push(chunk);
    printed(chunk.length);
  });
  return { capture, closed: closeOf(stream) };
}

/** Resolves when the stream is at its end or broken. */
function closeOf(stream: Readable): Promise<unknown> {
  return once(stream, "close").catch(() => undefined);
}

class StatusText implements StatusReader {
  text = "";
  readonly closed: Promise<unknown>;
  #listener: ((text: string) => void) | null = null;

  constructor(stream: Readable, printed: (bytes: number) => void) {
    this.closed = closeOf(stream);
    readPaced(stream, (chunk) => {
      if (this.text.length < maxStatusLength) this.text += chunk.toString("utf8");
      this.#listener?.(this.text);
      printed(chunk.length);
    });
  }

  onText(listener: (text: string) => void): void {
    this.#listener = listener;
    if (this.text !== "") listener(this.text);
  }
}
