import { randomUUID } from "node:crypto";
import { PhasegateError, type AssuranceLevel } from "@phasegate/wire";
import type { ProbeResult } from "../port.ts";
import { bubblewrapArguments, type VisibleHost } from "./bubblewrap-arguments.ts";
import type { SandboxLimits } from "./limits.ts";
import { sandboxWorkspacePath, type Sandbox, type SandboxCommand, type SandboxResult } from "./sandbox.ts";
import type { ProcessResult, StatusReader } from "./supervised-process.ts";
import { SupervisedRuns, type RunParts } from "./supervised-run.ts";
import { killQuietly } from "../spawner/end-processes.ts";
import type { SpawnedProcess } from "../spawner/spawner.ts";

/** How long bubblewrap may take to name its first process before its group is killed instead. */
const nameProcessMs = 5_000;

export interface BubblewrapOptions extends RunParts {
  readonly program: string;
  readonly host: VisibleHost;
  /** File with the seccomp program of every command; null where this processor has none. */
  readonly filter: string | null;
}

/** Node gives no child a file to read at a chosen descriptor; a shell does. */
const withFilter = (filter: string, program: string): string[] => {
  return ["/bin/sh", "-c", 'exec 4<"$0" && exec "$@"', filter, program, "--seccomp", "4"];
};

/**
 * Commands in their own user, mount, process, network, IPC and host-name namespaces. The command's shell is process
 * 1 there, so when it ends the kernel ends all others before bubblewrap returns.
 */
export class BubblewrapSandbox implements Sandbox {
  readonly assurance: AssuranceLevel;
  readonly separateUser: boolean;
  readonly probes: readonly ProbeResult[];
  readonly limits: SandboxLimits;
  readonly #options: BubblewrapOptions;
  readonly #runs: SupervisedRuns;

  constructor(options: BubblewrapOptions, found: Pick<Sandbox, "assurance" | "separateUser" | "probes">) {
    this.#options = options;
    this.#runs = new SupervisedRuns(options);
    this.limits = options.limits;
    this.assurance = found.assurance;
    this.probes = found.probes;
    this.separateUser = found.separateUser;
  }

  workspacePathSeen(): string {
    return sandboxWorkspacePath;
  }

  run(command: SandboxCommand): Promise<SandboxResult> {
    const { program, host, filter } = this.#options;
    const begin = filter === null ? [program] : withFilter(filter, program);
    return this.#runs.run(
      command,
      ({ workspace }) => {
        const marker = randomUUID();
        return {
          argv: [...begin, ...bubblewrapArguments(command, host, { workspace, marker })],
          cwd: "/",
          environment: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
          marker,
          kill: killSandbox,
        };
      },
      refuseBroken,
    );
  }

  close(): Promise<void> {
    return this.#runs.close();
  }
}

function refuseBroken(result: ProcessResult): void {
  if (result.ended !== "exited" || result.statusText.includes('"exit-code"')) return;
  // Killed from outside: bubblewrap names what it fails at. No failure of the set-up, and nothing that it printed counts.
  const hadBegun = result.statusText.includes('"child-pid"');
  if (result.exitCode > 128 && (hadBegun || result.stderr.text.trim() === "")) {
    throw new PhasegateError("workspace_unavailable", "the sandbox was killed while the command ran", {
      hint: "try again; the operator looks at what kills processes on this machine",
    });
  }
  // The last step of the set-up: a directory that was there when it was looked at, and moved or went meanwhile.
  if (/^bwrap: Can't chdir to /m.test(result.stderr.text)) {
    throw new PhasegateError("tool_failed", "the directory that the command was to begin in is not there any more", {
      hint: "run it in a directory that stays where it is",
    });
  }
  throw new PhasegateError(
    "sandbox_unavailable",
    `the sandbox could not be set up: \`${result.stderr.text.trim().slice(0, 500)}\``,
    { hint: "run `phasegate doctor`, which says what to install" },
  );
}

/** Kills process 1 of the sandbox, on whose end bubblewrap waits; before it is known there is nothing else to end. */
function killSandbox(child: SpawnedProcess, status: StatusReader): void {
  const timer = setTimeout(() => child.kill(), nameProcessMs);
  const disarm = (): void => clearTimeout(timer);
  child.exited.then(disarm, disarm);
  let killed = false;
  status.onText((text) => {
    const pid = /"child-pid"\s*:\s*(\d+)/.exec(text)?.[1];
    if (pid === undefined || killed) return;
    killed = true;
    killQuietly(Number(pid));
  });
}
