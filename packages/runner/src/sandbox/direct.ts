import { PhasegateError } from "@phasegate/wire";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ProbeResult } from "../port.ts";
import { removeDirectory } from "../tree/remove-directory.ts";
import { limitedCommand } from "./bubblewrap-arguments.ts";
import type { SandboxLimits } from "./limits.ts";
import type { Sandbox, SandboxCommand, SandboxResult } from "./sandbox.ts";
import { killGroup, killQuietly } from "./supervised-process.ts";
import { SupervisedRuns, type RunParts } from "./supervised-run.ts";

const markerName = "PHASEGATE_RUN";
const maxRounds = 200;

export interface DirectOptions extends RunParts {
  /** Value of PATH for commands. */
  readonly path: string;
  readonly scratchDir: string;
}

/**
 * Commands as the server's own user, without an OS sandbox: they can read and write what that user can. What holds:
 * a scrubbed environment, the limits of each process, and an end for what they started. That end is certain where
 * control groups can be used; without them a process that leaves the group and clears its environment escapes it.
 */
export class DirectSandbox implements Sandbox {
  readonly assurance = "mediated";
  readonly separateUser = false;
  readonly probes: readonly ProbeResult[];
  readonly limits: SandboxLimits;
  readonly #options: DirectOptions;
  readonly #runs: SupervisedRuns;

  constructor(options: DirectOptions, probes: readonly ProbeResult[]) {
    this.#options = options;
    this.#runs = new SupervisedRuns(options);
    this.limits = options.limits;
    this.probes = probes;
  }

  workspacePathSeen(workspacePath: string): string {
    return workspacePath;
  }

  run(command: SandboxCommand): Promise<SandboxResult> {
    return this.#runs.run(command, async ({ workspace, group }) => {
      const { path, scratchDir } = this.#options;
      const marker = randomUUID();
      const home = await temporaryHome(scratchDir, marker);
      return {
        argv: limitedCommand(command.argv, command.limits),
        cwd: join(workspace, command.cwd),
        environment: {
          PATH: path,
          HOME: home.path,
          USER: "agent",
          LOGNAME: "agent",
          LANG: "C.UTF-8",
          TMPDIR: home.path,
          ...command.environment,
          [markerName]: marker,
        },
        kill: killGroup,
        async ended(child: ChildProcess) {
          killGroup(child);
          await group.end();
          await endMarked(marker);
        },
        [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
      };
    });
  }

  close(): Promise<void> {
    return this.#runs.close();
  }
}

/** A home directory for one command, so that commands of different tasks leave each other nothing there. */
async function temporaryHome(scratchDir: string, name: string): Promise<{ path: string } & AsyncDisposable> {
  const path = join(scratchDir, `home-${name}`);
  await mkdir(path, { mode: 0o700 });
  return { path, [Symbol.asyncDispose]: () => removeDirectory(path) };
}

/** Kills every process that carries the marker in its environment, until none is left; rejects if some stay. */
async function endMarked(marker: string): Promise<void> {
  const needle = `${markerName}=${marker}`;
  for (let round = 0; round < maxRounds; round += 1) {
    const marked = await findMarked(needle);
    if (marked.length === 0) return;
    for (const pid of marked) killQuietly(pid);
    await delay(5);
  }
  throw new PhasegateError("sandbox_unavailable", "processes of a command could not be ended", {
    hint: "end them by hand, or install bubblewrap, which ends them for certain",
  });
}

async function findMarked(needle: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (environment.includes(needle)) found.push(Number(name));
  }
  return found;
}
