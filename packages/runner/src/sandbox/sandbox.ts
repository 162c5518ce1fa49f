import type { AssuranceLevel } from "@phasegate/wire";
import type { ProbeResult } from "../port.ts";

/** Where the workspace is seen inside the OS sandbox, whatever its host path. */
export const sandboxWorkspacePath = "/workspace";

/** A host file or directory that a command may read, and nothing more. */
export interface ReadOnlyMount {
  readonly source: string;
  /** Absolute; the host path itself where absent. */
  readonly target?: string;
}

/** Bounds on one command. Each is enforced by the operating system or by the runner, never by asking. */
export interface SandboxLimits {
  /** Of each of stdout and stderr: the first and the last half are kept. */
  readonly outputBytes: number;
  /** Writable memory of each process; of all together where control groups can be used. */
  readonly memoryBytes: number;
  readonly processes: number;
  /** Size of any one file that is written. */
  readonly fileBytes: number;
  readonly openFiles: number;
}

export const defaultLimits: SandboxLimits = {
  outputBytes: 256 * 1024,
  memoryBytes: 4 * 1024 ** 3,
  processes: 512,
  fileBytes: 1024 ** 3,
  openFiles: 4096,
};

/** One command to run. It gets no standard input and no variable of the server's environment. */
export interface SandboxCommand {
  readonly argv: readonly [string, ...string[]];
  /** Host path of the workspace. */
  readonly workspacePath: string;
  /** `throwaway`: on a copy whose changes vanish when the command ends. */
  readonly on: "workspace" | "throwaway";
  /** Only with `throwaway`: host directories seen wherever the workspace has nothing, the first one first. */
  readonly lowerLayers?: readonly string[];
  /** Relative to the workspace; "" is the workspace itself. */
  readonly cwd: string;
  /** Added to PATH, HOME, USER, LANG and TMPDIR, which the sandbox sets. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly readOnlyMounts: readonly ReadOnlyMount[];
  /** Host directories that the command may write, besides the workspace (a place for reports). */
  readonly writableMounts?: readonly { readonly source: string; readonly target: string }[];
  readonly network: "none" | "full";
  readonly timeoutMs: number;
  readonly limits: SandboxLimits;
  readonly signal: AbortSignal;
}

export interface CapturedOutput {
  /** UTF-8; what is no UTF-8 is replaced. Where bytes were left out, a line in the middle says how many. */
  readonly text: string;
  readonly truncated: boolean;
}

export interface SandboxResult {
  readonly ended: "exited" | "timed_out" | "aborted";
  /** As a shell reports it: 128 + n for signal n. */
  readonly exitCode: number;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly durationMs: number;
}

/**
 * Runs commands. `run` resolves only when no process that the command started is left, background and daemonised
 * ones included; it rejects only when the sandbox itself could not be set up (`sandbox_unavailable`).
 */
export interface Sandbox {
  readonly assurance: AssuranceLevel;
  /** The data directory is out of reach of the user that commands run as. */
  readonly separateUser: boolean;
  readonly probes: readonly ProbeResult[];
  /** Where commands see the workspace: `/workspace`, or its host path where there is no OS sandbox. */
  workspacePathSeen(workspacePath: string): string;
  run(command: SandboxCommand): Promise<SandboxResult>;
  /** Ends what runs and waits for it. */
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** `auto`: the OS sandbox where it holds, else none; `required`: reject where it does not hold; `off`: none. */
  readonly mode: "auto" | "required" | "off";
  /** The server's secrets: never visible to a command. Must exist. */
  readonly dataDir: string;
  /** A directory of the server's own for throwaway copies; made if absent, emptied at open. */
  readonly scratchDir: string;
  /** The server's variables, of which only PATH is looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Directories of toolchains outside /usr that commands may read, besides those found through PATH. */
  readonly toolchainDirs?: readonly string[];
  /** Where bubblewrap is; looked for in the system's directories where absent. */
  readonly bubblewrap?: string;
}
