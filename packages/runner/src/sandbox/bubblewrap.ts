import { PhasegateError, type AssuranceLevel } from "@phasegate/wire";
import type { ProbeResult } from "../port.ts";
import { bubblewrapArguments, type VisibleHost } from "./bubblewrap-arguments.ts";
import type { OutputPipes } from "./output-pipes.ts";
import { sandboxWorkspacePath, type Sandbox, type SandboxCommand, type SandboxResult } from "./sandbox.ts";
import { killGroup, killQuietly, superviseProcess, type StatusReader } from "./supervised-process.ts";
import type { ThrowawayCopies } from "./throwaway.ts";
import type { ControlGroups } from "./control-groups.ts";
import type { ChildProcess } from "node:child_process";

/** How long bubblewrap may take to name its first process before its group is killed instead. */
const nameProcessMs = 5_000;

export interface BubblewrapOptions {
  readonly program: string;
  readonly host: VisibleHost;
  readonly copies: ThrowawayCopies;
  readonly groups: ControlGroups;
  readonly pipes: OutputPipes;
}

/**
 * Commands in their own user, mount, process, network, IPC and host-name namespaces. The command's shell is process
 * 1 there, so when it ends the kernel ends all others before bubblewrap returns.
 */
export class BubblewrapSandbox implements Sandbox {
  readonly assurance: AssuranceLevel;
  readonly separateUser: boolean;
  readonly probes: readonly ProbeResult[];
  readonly #options: BubblewrapOptions;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: BubblewrapOptions, found: Pick<Sandbox, "assurance" | "separateUser" | "probes">) {
    this.#options = options;
    this.assurance = found.assurance;
    this.probes = found.probes;
    this.separateUser = found.separateUser;
  }

  workspacePathSeen(): string {
    return sandboxWorkspacePath;
  }

  run(command: SandboxCommand): Promise<SandboxResult> {
    const running = this.#run(command).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
    await this.#options.groups.close();
  }

  async #run(command: SandboxCommand): Promise<SandboxResult> {
    const { program, host, copies, groups, pipes } = this.#options;
    const signal = AbortSignal.any([command.signal, this.#closing.signal]);
    await using copy =
      command.on === "throwaway" ? await copies.open(command.workspacePath, command.lowerLayers ?? [], signal) : null;
    await using group = await groups.open(command.limits);
    const bubblewrap = [program, ...bubblewrapArguments(command, host, copy?.path ?? command.workspacePath)];
    const result = await superviseProcess({
      argv: group.launch(copy === null ? bubblewrap : copy.launch(bubblewrap)),
      cwd: "/",
      environment: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
      timeoutMs: command.timeoutMs,
      outputBytes: command.limits.outputBytes,
      signal,
      pipes,
      kill: killSandbox,
    });
    if (result.ended === "exited" && !result.statusText.includes('"exit-code"')) {
      throw new PhasegateError(
        "sandbox_unavailable",
        `the sandbox could not be set up: \`${result.stderr.text.trim().slice(0, 500)}\``,
        { hint: "run `phasegate doctor`, which says what to install" },
      );
    }
    const { statusText: _, ...answer } = result;
    return answer;
  }
}

/** Kills process 1 of the sandbox, on whose end bubblewrap waits; before it is known there is nothing else to end. */
function killSandbox(child: ChildProcess, status: StatusReader): void {
  const timer = setTimeout(() => killGroup(child), nameProcessMs);
  child.once("exit", () => clearTimeout(timer));
  let killed = false;
  status.onText((text) => {
    const pid = /"child-pid"\s*:\s*(\d+)/.exec(text)?.[1];
    if (pid === undefined || killed) return;
    killed = true;
    killQuietly(Number(pid));
  });
}
