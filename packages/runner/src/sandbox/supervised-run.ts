import { chmod, stat } from "node:fs/promises";
import type { ControlGroup, ControlGroups } from "./control-groups.ts";
import { limitNames, type LimitName, type SandboxLimits } from "./limits.ts";
import type { SpawnedProcess, Spawner } from "../spawner/spawner.ts";
import { useOfTree } from "./process-tree.ts";
import { SessionNiceness } from "./session-niceness.ts";
import type { SandboxCommand, SandboxResult } from "./sandbox.ts";
import { superviseProcess, type ProcessRequest, type ProcessResult } from "./supervised-process.ts";
import type { ThrowawayCopies } from "./throwaway.ts";

/** What commands at every level are run with. */
export interface RunParts {
  readonly copies: ThrowawayCopies;
  readonly groups: ControlGroups;
  readonly spawner: Spawner;
  readonly limits: SandboxLimits;
  /** See `SandboxOptions`. */
  readonly niceness: number;
}

/** Where one command runs, made for it. */
export interface RunPlace {
  /** Host path of the workspace or of its throwaway copy, as what is started sees it. */
  readonly workspace: string;
  readonly group: ControlGroup;
}

/** How a level starts and ends one command. Disposed of when it has ended. */
export type RunPlan = Pick<ProcessRequest, "argv" | "cwd" | "environment" | "marker" | "kill" | "ended"> &
  Partial<AsyncDisposable>;

const lookEveryMs = 250;
/** As a shell reports SIGXCPU and SIGXFSZ. */
const limitOfExitCode: Readonly<Record<number, LimitName>> = { 152: "cpu", 153: "file_size" };

/**
 * The frame in which every command runs, whatever confines it: a throwaway copy where one is wanted, a control group,
 * bounds that are looked after while it runs, and an end that `close` waits for.
 */
export class SupervisedRuns {
  readonly #parts: RunParts;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  run(
    command: SandboxCommand,
    plan: (place: RunPlace) => Promise<RunPlan> | RunPlan,
    check: (result: ProcessResult) => void = () => undefined,
  ): Promise<SandboxResult> {
    const running = this.#run(command, plan, check).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Ends what runs and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
    await this.#parts.groups.close();
  }

  async #run(
    command: SandboxCommand,
    plan: (place: RunPlace) => Promise<RunPlan> | RunPlan,
    check: (result: ProcessResult) => void,
  ): Promise<SandboxResult> {
    const { copies, groups, spawner, niceness } = this.#parts;
    const { limits } = command;
    const signal = AbortSignal.any([command.signal, this.#closing.signal]);
    await openToOwner(command.workspacePath);
    const { workspacePath, lowerLayers: layers = [], watched = [] } = command;
    await using copy =
      command.on === "throwaway" ? await copies.open({ workspacePath, layers, watched, signal }) : null;
    await using group = await groups.open(limits);
    const planned = await plan({ workspace: copy?.path ?? command.workspacePath, group });
    await using _ = { [Symbol.asyncDispose]: async () => await planned[Symbol.asyncDispose]?.() };
    const ownNiceness = groups.sharesProcessors ? 0 : niceness;
    const watch = new LimitWatch(command, group, { hasGroup: groups.available, niceness: ownNiceness });
    const polite = ownNiceness === 0 ? [] : ["nice", "-n", String(ownNiceness)];
    try {
      const result = await superviseProcess({
        ...planned,
        argv: group.launch([...polite, ...(copy === null ? planned.argv : copy.launch(planned.argv))]),
        timeoutMs: command.timeoutMs,
        outputBytes: limits.outputBytes,
        printedBytes: limits.printedBytes,
        printedTooMuch: () => watch.exceed("output"),
        signal,
        overLimit: watch.signal,
        spawner,
        started: (child) => watch.start(child),
      });
      check(result);
      const { statusText: __, ...answer } = result;
      const found = new Set([...watch.exceeded, ...(await group.exceeded())]);
      const byExitCode = limitOfExitCode[result.exitCode];
      if (byExitCode !== undefined && result.ended === "exited") found.add(byExitCode);
      const written = (await copy?.written()) ?? null;
      return { ...answer, limits: limitNames.filter((name) => found.has(name)), written };
    } finally {
      await watch.stop();
    }
  }
}

/** A command that took the modes of its workspace's own folder away would let none run there after it. */
async function openToOwner(workspacePath: string): Promise<void> {
  const { mode } = await stat(workspacePath);
  if ((mode & 0o700) !== 0o700) await chmod(workspacePath, (mode & 0o777) | 0o700);
}

/**
 * Looks after the bounds that the kernel does not hold by itself: processor time of all processes, the disk, and,
 * where there are no control groups, memory, processes and the niceness of sessions. `signal` fires when one is exceeded.
 *
 * States: *resting* (a timer runs), *looking* (no timer), *stopped*.
 */
class LimitWatch {
  readonly exceeded = new Set<LimitName>();
  readonly #controller = new AbortController();
  readonly #command: SandboxCommand;
  readonly #group: ControlGroup;
  readonly #hasGroup: boolean;
  readonly #sessions: SessionNiceness | null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(command: SandboxCommand, group: ControlGroup, options: { hasGroup: boolean; niceness: number }) {
    this.#command = command;
    this.#group = group;
    this.#hasGroup = options.hasGroup;
    this.#sessions = options.niceness === 0 ? null : new SessionNiceness(options.niceness);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(child: SpawnedProcess): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      // A look that fails has found nothing; the next one tries again, and the time limit stands in any case.
      this.#looking = this.#look(child.pid)
        .catch(() => undefined)
        .then(() => this.start(child));
    }, lookEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#looking;
  }

  exceed(name: LimitName): void {
    this.exceeded.add(name);
    this.#controller.abort();
  }

  async #look(pid: number): Promise<void> {
    const { limits, overLimit } = this.#command;
    const seconds = await this.#group.cpuSeconds();
    if ((seconds ?? 0) > limits.cpuSeconds) this.exceed("cpu");
    if (!this.#hasGroup || this.#sessions !== null) await this.#lookAtTree(pid);
    const name = (await overLimit?.()) ?? null;
    if (name !== null) this.exceed(name);
  }

  async #lookAtTree(pid: number): Promise<void> {
    const { limits } = this.#command;
    const use = await useOfTree(pid, limits.processes);
    if (!this.#hasGroup) {
      if (use.processes > limits.processes) this.exceed("processes");
      if (use.memoryBytes > limits.memoryBytes) this.exceed("memory");
      if (use.cpuSeconds > limits.cpuSeconds) this.exceed("cpu");
    }
    await this.#sessions?.apply(use.sessions);
  }
}
