/**
 * A small process that starts others for the server, whose own memory makes each start slow. It holds nothing of the
 * server's: an empty environment and one descriptor, the channel on which it is told what to start.
 *
 * It lives as long as that channel. When the server closes it or dies, everything that still runs is ended first.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { endMarked, killQuietly, markerName } from "./end-processes.ts";
import { inheritableDescriptors } from "./inheritable-descriptors.ts";
import type { DescriptorSource, FromSpawner, SystemFacts, ToSpawner } from "./messages.ts";

const standardDescriptors = 3;
const running = new Map<string, ChildProcess>();
/** Markers of processes that ended and whose remains are being ended. */
const ending = new Set<string>();

// What whoever started the server left open is the null device here, and nothing at all in what is started.
for (const descriptor of inheritableDescriptors()) closeSync(descriptor);

function start(request: ToSpawner & { type: "start" }): void {
  const { marker, argv, cwd } = request;
  const [file = "", ...args] = argv;
  const opened: number[] = [];
  try {
    for (const source of request.descriptors) opened.push(openDescriptor(source, request.nullDevice));
    while (opened.length < standardDescriptors) opened.push(openDescriptor({ kind: "nothing" }, request.nullDevice));
    const env = { ...request.environment, [markerName]: marker };
    // A session and a group of its own, so that it is ended with what it started.
    const child = spawn(file, args, { cwd, env, stdio: [...opened], detached: true });
    child.on("error", (error) => fail(marker, error));
    child.once("spawn", () => tell({ type: "started", marker, pid: groupOf(child) }));
    child.once("exit", (code, signal) => void end(child, marker, code, signal));
    if (child.pid !== undefined) running.set(marker, child);
  } catch (error) {
    fail(marker, error as Error);
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

async function end(child: ChildProcess, marker: string, code: number | null, signal: NodeJS.Signals | null) {
  running.delete(marker);
  ending.add(marker);
  killQuietly(-groupOf(child));
  // Killed between two of its steps, a leader may have left a process that is in a session of its own and does not
  // know yet whose end it should follow: bubblewrap, between setsid and PR_SET_PDEATHSIG.
  if (signal !== null) await endMarked([marker]).catch(() => false);
  ending.delete(marker);
  tell({ type: "exited", marker, code, signal });
}

function openDescriptor(source: DescriptorSource, nullDevice = "/dev/null"): number {
  if (source.kind === "nothing") return openSync(nullDevice, constants.O_RDWR);
  // A named pipe whose other end is gone would hold this process for ever, but not while it holds both ends itself.
  const both = openSync(source.path, constants.O_RDWR);
  try {
    return openSync(source.path, source.kind === "read" ? constants.O_RDONLY : constants.O_WRONLY);
  } finally {
    closeSync(both);
  }
}

/** A process that runs has an id, and leads the group of that id. */
function groupOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("the process was not started");
  return child.pid;
}

function fail(marker: string, error: NodeJS.ErrnoException): void {
  const system: SystemFacts = {
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(error.syscall === undefined ? {} : { syscall: error.syscall }),
    ...(error.path === undefined ? {} : { path: error.path }),
  };
  tell({ type: "failed", marker, message: error.message, system });
}

function tell(message: FromSpawner): void {
  // A server that is gone hears nothing; what must be done then is done when the channel closes.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function killGroup(marker: string): void {
  const child = running.get(marker);
  if (child !== undefined) killQuietly(-groupOf(child));
  tell({ type: "killed", marker });
}

process.on("message", (message: ToSpawner) => {
  if (message.type === "start") start(message);
  else killGroup(message.marker);
});
process.once("disconnect", () => {
  const markers = [...running.keys(), ...ending];
  for (const child of running.values()) killQuietly(-groupOf(child));
  void endMarked(markers).finally(() => process.exit());
});
// Whoever stops the server stops it alone: it ends its work first, and needs this process until then.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
