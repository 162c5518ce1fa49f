import type { AssuranceLevel } from "@phasegate/wire";
import type { ProbeResult } from "../port.ts";
import type { Spawner } from "../spawner/spawner.ts";
import type { LimitName, SandboxLimits } from "./limits.ts";

/** Where the workspace is seen inside the OS sandbox, whatever its host path. */
export const sandboxWorkspacePath = "/workspace";

/** A host file or directory that a command may read, and nothing more. */
export interface ReadOnlyMount {
  readonly source: string;
  /** Absolute; the host path itself where absent. */
  readonly target?: string;
}

/** One command to run. It gets no standard input and no variable of the server's environment. */
export interface SandboxCommand {
  readonly argv: readonly [string, ...string[]];
  /** Host path of the workspace. */
  readonly workspacePath: string;
  /** `throwaway`: on a copy whose changes vanish when the command ends. */
  readonly on: "workspace" | "throwaway";
  /** Only with `throwaway`: host directories seen wherever the workspace has nothing, the first one first. */
  readonly lowerLayers?: readonly string[];
  /** Only with `throwaway`: paths of files there, of which the result names those that the command wrote or removed. */
  readonly watched?: readonly string[];
  /** Relative to the workspace; "" is the workspace itself. */
  readonly cwd: string;
  /** Added to PATH, HOME, USER, LANG and TMPDIR, which the sandbox sets. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly readOnlyMounts: readonly ReadOnlyMount[];
  /** Host directories that the command may write, besides the workspace (a place for reports). */
  readonly writableMounts?: readonly { readonly source: string; readonly target: string }[];
  /** With `proxy`, the host path of an HTTP proxy's socket: that is the only way out. Without an OS sandbox all is `full`. */
  readonly network: "none" | "full" | { readonly proxy: string };
  readonly timeoutMs: number;
  readonly limits: SandboxLimits;
  /** Looked at while the command runs: an answer ends it. For bounds on what lies outside the sandbox. */
  readonly overLimit?: () => Promise<LimitName | null>;
  readonly signal: AbortSignal;
}

export interface CapturedOutput {
  /** UTF-8; what is no UTF-8 is replaced. Where bytes were left out, a line in the middle says how many. */
  readonly text: string;
  readonly truncated: boolean;
}

export interface SandboxResult {
  /** `over_limit`: the runner ended it; `limits` says why. */
  readonly ended: "exited" | "timed_out" | "aborted" | "over_limit";
  /** The bounds that it ran into, the weightiest first. */
  readonly limits: readonly LimitName[];
  /** As a shell reports it: 128 + n for signal n. */
  readonly exitCode: number;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly durationMs: number;
  /** Of the `watched`, those that were written or removed, also where they hold again what they held; null: not told. */
  readonly written: readonly string[] | null;
}

/**
 * Runs commands. `run` resolves only when no process that the command started is left, background and daemonised
 * ones included; it rejects only when the sandbox itself could not be set up (`sandbox_unavailable`, `tool_failed` for a missing `cwd`).
 */
export interface Sandbox {
  readonly assurance: AssuranceLevel;
  /** The data directory is out of reach of the user that commands run as. */
  readonly separateUser: boolean;
  readonly probes: readonly ProbeResult[];
  /** The bounds on commands that this server is configured with. */
  readonly limits: SandboxLimits;
  /** Where commands see the workspace: `/workspace`, or its host path where there is no OS sandbox. */
  workspacePathSeen(workspacePath: string): string;
  run(command: SandboxCommand): Promise<SandboxResult>;
  /** Ends what runs and waits for it. */
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** Starts the commands. Left open by `close`. */
  readonly spawner: Spawner;
  /** `auto`: the OS sandbox where it holds, else none; `required`: reject where it does not hold; `off`: none. */
  readonly mode: "auto" | "required" | "off";
  /** The server's secrets: never visible to a command. Must exist. */
  readonly dataDir: string;
  /** A directory of the server's own for throwaway copies; made if absent, emptied at open. */
  readonly scratchDir: string;
  /** The server's variables, of which PATH and the homes of toolchains are looked at (`toolchainVariables`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Directories of toolchains outside /usr that commands may read, besides those found through PATH. */
  readonly toolchainDirs?: readonly string[];
  readonly limits?: Partial<SandboxLimits>;
  /** True: every bound on commands is tried at open, not only the one that hangs on the machine. */
  readonly probesAllLimits?: boolean;
  /** Added to the niceness of commands where no control group keeps their share of the processors small. */
  readonly niceness?: number;
  /** Where bubblewrap is; looked for in the system's directories where absent. */
  readonly bubblewrap?: string;
}
