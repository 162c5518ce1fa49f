import { PhasegateError } from "@phasegate/wire";
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ProbeResult } from "../port.ts";
import { endMarked } from "../spawner/end-processes.ts";
import { removeDirectory } from "../tree/remove-directory.ts";
import { limitedCommand, type VisibleHost } from "./bubblewrap-arguments.ts";
import type { SandboxLimits } from "./limits.ts";
import type { Sandbox, SandboxCommand, SandboxResult } from "./sandbox.ts";
import { SupervisedRuns, type RunParts } from "./supervised-run.ts";

export interface DirectOptions extends RunParts {
  /** PATH for commands, and the variables that toolchains find themselves by. */
  readonly host: Pick<VisibleHost, "path" | "environment">;
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
      const { host, scratchDir } = this.#options;
      const home = await temporaryHome(scratchDir);
      return {
        argv: limitedCommand(command.argv, command.limits),
        cwd: join(workspace, command.cwd),
        environment: {
          PATH: host.path,
          HOME: home.path,
          USER: "agent",
          LOGNAME: "agent",
          LANG: "C.UTF-8",
          TMPDIR: home.path,
          ...host.environment,
          ...command.environment,
        },
        kill: (child) => child.kill(),
        async ended({ marker }) {
          await group.end();
          if (await endMarked([marker])) return;
          throw new PhasegateError("sandbox_unavailable", "processes of a command could not be ended", {
            hint: "end them by hand, or install bubblewrap, which ends them for certain",
          });
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
async function temporaryHome(scratchDir: string): Promise<{ path: string } & AsyncDisposable> {
  const path = join(scratchDir, `home-${randomUUID()}`);
  await mkdir(path, { mode: 0o700 });
  return { path, [Symbol.asyncDispose]: () => removeDirectory(path) };
}
