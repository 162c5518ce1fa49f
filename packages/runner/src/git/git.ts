import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import { PhasegateError, systemFault } from "@phasegate/wire";
import type { ExitStatus } from "../spawner/spawner-link.ts";
import type { SpawnedProcess, Spawner } from "../spawner/spawner.ts";

/** One git command. The git directory is always named: nothing is discovered from a working directory. */
export interface GitCommand {
  readonly args: readonly string[];
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Output past `maxBytes` was dropped and git was ended. */
  readonly truncated: boolean;
}

/** A git that runs. */
export interface GitProcess extends Pick<SpawnedProcess, "exited" | "kill"> {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

const defaultTimeoutMs = 120_000;
const defaultMaxBytes = 256 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;

/** Settings that no repository's own configuration can undo: given on each command line. */
const fixedSettings = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "core.untrackedCache=false",
  "protocol.ext.allow=never",
  "gc.auto=0",
  "maintenance.auto=false",
  "fetch.writeCommitGraph=false",
  "fetch.prune=false",
  "commit.gpgSign=false",
  "diff.renames=false",
  "merge.renames=false",
].flatMap((setting) => ["-c", setting]);

/** Read by the helper processes that git starts, which drop `-c`. Any owner's repository may be read as data. */
const helperConfiguration = `[safe]
	directory = *
[uploadpack]
	allowAnySHA1InWant = true
[core]
	hooksPath = /dev/null
	fsmonitor = false
`;

/** Runs the system's git without hooks, filters, prompts, or anyone's configuration. */
export class Git {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #spawner: Spawner;

  constructor(options: { configurationFile: string; searchPath: string; spawner: Spawner }) {
    this.#spawner = options.spawner;
    this.#environment = {
      PATH: options.searchPath,
      HOME: "/nonexistent",
      LC_ALL: "C",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: options.configurationFile,
      GIT_ATTR_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_NO_REPLACE_OBJECTS: "1",
      GIT_LITERAL_PATHSPECS: "1",
      GIT_ALLOW_PROTOCOL: "file",
    };
  }

  /** Writes the configuration below `directory` and makes sure that git is there. */
  static async open(options: { directory: string; searchPath: string; spawner: Spawner }): Promise<Git> {
    const { directory, searchPath, spawner } = options;
    const configurationFile = path.join(directory, "gitconfig");
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(configurationFile, helperConfiguration, { mode: 0o600 });
    const git = new Git({ configurationFile, searchPath, spawner });
    await git.text({ args: ["--version"] });
    return git;
  }

  /** Standard output. Rejects with `workspace_unavailable` when git ends with anything but 0. */
  async run(command: GitCommand): Promise<Buffer> {
    const result = await this.attempt(command);
    if (result.exitCode === 0 && !result.truncated) return result.stdout;
    const verb = command.args[0] ?? "git";
    const said = result.truncated ? "its output is past the bound" : firstLine(result.stderr);
    throw new PhasegateError("workspace_unavailable", `git ${verb} failed: ${said}`);
  }

  async text(command: GitCommand): Promise<string> {
    return (await this.run(command)).toString("utf8").trim();
  }

  /** As `run`, for commands whose exit code is an answer. Rejects when git is missing or runs out of time. */
  async attempt(command: GitCommand): Promise<GitResult> {
    const timeoutMs = command.timeoutMs ?? defaultTimeoutMs;
    const maxBytes = command.maxBytes ?? defaultMaxBytes;
    const git = await this.start(command);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let stdoutBytes = 0;
    let stderrBytes = 0;
    let truncated = false;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      git.kill();
    }, timeoutMs);
    git.stdout.on("data", (chunk: Buffer) => {
      const room = maxBytes - stdoutBytes;
      stdout.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      stdoutBytes += Math.min(chunk.length, room);
      if (chunk.length <= room) return;
      truncated = true;
      git.kill();
    });
    git.stderr.on("data", (chunk: Buffer) => {
      if (stderrBytes < maxErrorBytes) stderr.push(chunk);
      stderrBytes += chunk.length;
    });
    const read = Promise.all([once(git.stdout, "close"), once(git.stderr, "close")]);
    git.stdin.end(command.input ?? "");
    let ended: ExitStatus;
    try {
      [ended] = await Promise.all([git.exited, read]);
    } finally {
      clearTimeout(timer);
      for (const stream of [git.stdin, git.stdout, git.stderr]) stream.destroy();
    }
    if (timedOut) {
      const verb = command.args[0] ?? "";
      throw new PhasegateError("workspace_unavailable", `git ${verb} took longer than ${timeoutMs} ms`);
    }
    const said = Buffer.concat(stderr).toString("utf8");
    return { exitCode: ended.code ?? 128, stdout: Buffer.concat(stdout), stderr: said, truncated };
  }

  /** The process itself, for output that is read as it comes. The caller ends it. */
  async start(command: GitCommand): Promise<GitProcess> {
    const argv = [
      "git",
      ...(command.gitDir === undefined ? [] : [`--git-dir=${command.gitDir}`]),
      ...(command.workTree === undefined ? [] : [`--work-tree=${command.workTree}`]),
      ...fixedSettings,
      ...command.args,
    ];
    const environment = {
      ...this.#environment,
      ...(command.indexFile === undefined ? {} : { GIT_INDEX_FILE: command.indexFile }),
      ...command.environment,
    };
    try {
      const descriptors = ["read", "write", "write"] as const;
      const { streams, exited, kill } = await this.#spawner.start({ argv, cwd: "/", environment, descriptors });
      const [stdin, stdout, stderr] = streams;
      // A git that ends before it has read everything closes the pipe; its exit code tells the story.
      stdin.on("error", () => undefined);
      return { stdin, stdout, stderr, exited, kill };
    } catch (cause) {
      throw notStarted(cause);
    }
  }
}

function notStarted(cause: unknown): PhasegateError {
  if (cause instanceof PhasegateError) return cause;
  const fault = systemFault(cause);
  if (fault) return fault;
  return new PhasegateError(
    "workspace_unavailable",
    "git could not be started",
    { hint: "install git 2.38 or newer and make sure that it is on the server's PATH" },
    { cause },
  );
}

/** What git said first, without its `fatal:` prefix, as one line of bounded length. */
export function firstLine(text: string): string {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "") ?? "it said nothing";
  return line
    .replace(/^(?:fatal|error|warning): /, "")
    .trim()
    .slice(0, 300);
}
