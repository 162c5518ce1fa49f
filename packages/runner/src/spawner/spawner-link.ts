import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PhasegateError, systemFault } from "@phasegate/wire/core";
import { endMarked, killQuietly } from "./end-processes.ts";
import { inheritableDescriptors } from "./inheritable-descriptors.ts";
import type { FromSpawner, ToSpawner } from "./messages.ts";

const program = fileURLToPath(new URL("./spawner-process.ts", import.meta.url));
/** Before its first answer the process must have loaded, on whatever machine this is. */
const bootMs = 30_000;
/** Enough for what it holds, and a bound on what it may. */
const engineFlags = ["--max-old-space-size=64", "--max-semi-space-size=1"];

export interface LinkOptions {
  /** An answer takes a millisecond; past this the process is stuck, and is ended with all that it started. */
  readonly answerMs: number;
  /** Called as soon as the link takes no more, with what `gone` will be. */
  readonly onEnd: (gone: Promise<void>) => void;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Held {
  pid: number | null;
  readonly started: PromiseWithResolvers<number>;
  readonly exited: PromiseWithResolvers<ExitStatus>;
}

/**
 * One spawner process, from its start to its end, and what it runs.
 *
 * States: *open* (takes requests), *gone* (the process or its channel ended: what it ran is killed, every promise is
 * settled, `gone` resolves). There is no way back; `Spawner` starts another.
 */
export class SpawnerLink {
  readonly gone: Promise<void>;
  readonly #process: ChildProcess;
  readonly #answerMs: number;
  readonly #held = new Map<string, Held>();
  readonly #kills = new Map<string, PromiseWithResolvers<void>>();
  #isOpen = true;
  #hasAnswered = false;

  private constructor(child: ChildProcess, { answerMs, onEnd }: LinkOptions) {
    this.#process = child;
    this.#answerMs = answerMs;
    child.on("message", (message) => this.#receive(message as FromSpawner));
    const ends = [happened(child, "disconnect"), happened(child, "exit")];
    this.gone = Promise.race(ends).then(() => {
      this.#isOpen = false;
      onEnd(this.gone);
      return this.#end(ends);
    });
    this.#rest();
  }

  /** Rejects with a code where the process could not be started. */
  static async start(options: LinkOptions): Promise<SpawnerLink> {
    const nothing = openSync("/dev/null", "r+");
    try {
      const child = spawn(process.execPath, [...engineFlags, program], {
        cwd: "/",
        env: {},
        stdio: ownDescriptors(nothing),
        detached: true,
      });
      await once(child, "spawn");
      child.on("error", () => undefined);
      return new SpawnerLink(child, options);
    } catch (cause) {
      const message = "the process that starts commands could not be started";
      throw systemFault(cause) ?? new PhasegateError("workspace_unavailable", message, {}, { cause });
    } finally {
      closeSync(nothing);
    }
  }

  /** Resolves when the process runs; rejects with what the system said when it cannot be started. */
  async start(request: Omit<ToSpawner & { type: "start" }, "type">): Promise<{
    pid: number;
    exited: Promise<ExitStatus>;
  }> {
    if (!this.#isOpen) throw ended();
    const held: Held = { pid: null, started: Promise.withResolvers(), exited: Promise.withResolvers() };
    // Who waits for the end hears of it too; who does not must not end the server.
    held.exited.promise.catch(() => undefined);
    this.#held.set(request.marker, held);
    this.#process.ref();
    this.#process.channel?.ref();
    const pid = await this.#answered(held.started.promise, { type: "start", ...request });
    return { pid, exited: held.exited.promise };
  }

  /** SIGKILL to the group of a process; nothing if it has ended. */
  kill(marker: string): void {
    if (!this.#isOpen || !this.#held.has(marker) || this.#kills.has(marker)) return;
    const killed = Promise.withResolvers<void>();
    this.#kills.set(marker, killed);
    void this.#answered(killed.promise, { type: "kill", marker }).catch(() => undefined);
  }

  /** Ends what still runs and the process itself, and waits for it. */
  async close(): Promise<void> {
    if (this.#isOpen && this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), this.#answerMs);
    await this.gone;
    clearTimeout(timer);
  }

  async #answered<Answer>(answer: Promise<Answer>, message: ToSpawner): Promise<Answer> {
    const boundMs = this.#hasAnswered ? this.#answerMs : Math.max(bootMs, this.#answerMs);
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), boundMs);
    try {
      // That it could not be sent is told by the end of the channel.
      this.#process.send(message, () => undefined);
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(message: FromSpawner): void {
    this.#hasAnswered = true;
    const { marker } = message;
    const held = this.#held.get(marker);
    switch (message.type) {
      case "started":
        if (held !== undefined) held.pid = message.pid;
        held?.started.resolve(message.pid);
        return;
      case "failed":
        held?.started.reject(Object.assign(new Error(message.message), message.system));
        this.#forget(marker);
        return;
      case "killed":
        this.#kills.get(marker)?.resolve();
        this.#kills.delete(marker);
        return;
      case "exited":
        held?.exited.resolve({ code: message.code, signal: message.signal });
        this.#forget(marker);
        return;
    }
  }

  #forget(marker: string): void {
    this.#held.delete(marker);
    if (this.#held.size === 0) this.#rest();
  }

  /** An idle process holds nothing that must be finished, so it does not keep the server alive. */
  #rest(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }

  async #end(ends: readonly Promise<unknown>[]): Promise<void> {
    this.#process.kill("SIGKILL");
    await Promise.all(ends);
    for (const { pid } of this.#held.values()) if (pid !== null) killQuietly(-pid);
    await endMarked([...this.#held.keys()]).catch(() => false);
    for (const { started, exited } of this.#held.values()) {
      started.reject(ended());
      exited.reject(ended());
    }
    for (const killed of this.#kills.values()) killed.resolve();
    this.#held.clear();
    this.#kills.clear();
  }
}

function happened(child: ChildProcess, event: "disconnect" | "exit"): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once(event, () => resolve());
  return promise;
}

function ended(): PhasegateError {
  return new PhasegateError("workspace_unavailable", "the process that starts commands ended", {
    hint: "try again; the operator looks at what kills processes on this machine",
  });
}

/** Its channel, and /dev/null for everything else that it would inherit. */
function ownDescriptors(nothing: number): StdioOptions {
  const descriptors: (number | "ignore" | "ipc")[] = ["ignore", "ignore", "ignore", "ipc"];
  for (const descriptor of inheritableDescriptors()) {
    while (descriptors.length <= descriptor) descriptors.push("ignore");
    if (descriptor > 3) descriptors[descriptor] = nothing;
  }
  return descriptors;
}
