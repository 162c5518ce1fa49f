import { randomUUID } from "node:crypto";
import { lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { PhasegateError } from "@phasegate/wire";
import { removeDirectory } from "../tree/remove-directory.ts";
import type { Spawner } from "../spawner/spawner.ts";
import { superviseProcess } from "./supervised-process.ts";

/** A copy of a workspace for one command. Disposing of it leaves nothing behind. */
interface ThrowawayCopy extends AsyncDisposable {
  /** Where the copy is for what `launch` starts. */
  readonly path: string;
  launch(argv: readonly string[]): readonly string[];
  /** Of the watched paths those that were written or removed, once what was launched has ended; null: not told. */
  written(): Promise<readonly string[] | null>;
}

export interface CopyRequest {
  readonly workspacePath: string;
  /** Directories seen wherever the workspace has nothing, the first one first. */
  readonly layers: readonly string[];
  /** Paths below the workspace. */
  readonly watched: readonly string[];
  readonly signal: AbortSignal;
}

export interface ThrowawayCopies {
  readonly kind: "overlay" | "copy";
  open(request: CopyRequest): Promise<ThrowawayCopy>;
}

const overlayBytes = 2 * 1024 ** 3;
const copyTimeoutMs = 300_000;
const hostEnvironment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** What stands at the end of a list of names that is whole. */
const listEnd = "/whole";
const maxListBytes = 8 * 1024 * 1024;

/**
 * `$1` mount point, `$2` size, `$3` a file for the names of what was written, then the sides from the top. The writable
 * side is memory that ends with the namespace, and holds what was written and nothing else: that is told from outside of
 * what wrote it, when that has ended.
 */
function mountAndRun(sides: number, isWatched: boolean): string {
  const lower = Array.from({ length: sides }, (_, index) => `lower${String(index)}`);
  const options = `lowerdir=${lower.join(":")},upperdir=upper,workdir=work`;
  const mount = [
    'mount -t tmpfs -o "size=$2,mode=0700" phasegate "$1"',
    'cd "$1"',
    `mkdir ${lower.join(" ")} upper work merged`,
    ...lower.map((name, index) => `mount --bind "\${${String(index + 4)}}" ${name}`),
    `{ mount -t overlay -o ${options},userxattr phasegate merged 2>/dev/null` +
      ` || mount -t overlay -o ${options} phasegate merged; }`,
    "cd /",
  ].join(" && ");
  const shift = `shift ${String(sides + 3)}`;
  if (!isWatched) return `${mount} && ${shift} && exec "$@"`;
  return [
    `${mount} || exit`,
    "upper=$1/upper list=$3",
    shift,
    '"$@"',
    "code=$?",
    `PATH=${hostEnvironment.PATH}`,
    `cd "$upper" && { find . ! -type d -print0 && printf %s ${listEnd}; } | head -c ${String(maxListBytes)} > "$list"`,
    "exit $code",
  ].join("\n");
}

/**
 * Copies as overlays, mounted in a mount namespace of the command's own (and a user namespace where the server is
 * not root), so that they vanish with the command even if the server is killed.
 */
export function overlayCopies(scratchDir: string, asRoot: boolean): ThrowawayCopies {
  const enter = asRoot
    ? ["unshare", "--mount", "--propagation", "private"]
    : ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"];
  return {
    kind: "overlay",
    async open({ workspacePath, layers, watched }) {
      const mountPoint = join(scratchDir, `overlay-${randomUUID()}`);
      const list = `${mountPoint}-written`;
      await mkdir(mountPoint, { mode: 0o700 });
      return {
        path: join(mountPoint, "merged"),
        launch: (argv) => [
          ...enter,
          "/bin/sh",
          "-c",
          mountAndRun(layers.length + 1, watched.length > 0),
          "sh",
          mountPoint,
          String(overlayBytes),
          list,
          workspacePath,
          ...layers,
          ...argv,
        ],
        written: async () => (watched.length === 0 ? [] : await writtenOf(watched, list)),
        async [Symbol.asyncDispose]() {
          await rm(mountPoint, { recursive: true, force: true });
          await rm(list, { force: true });
        },
      };
    },
  };
}

async function writtenOf(watched: readonly string[], list: string): Promise<readonly string[] | null> {
  const text = await readFile(list, "utf8").catch(() => "");
  if (!text.endsWith(listEnd)) return null;
  const written = new Set(text.slice(0, -listEnd.length).split("\0"));
  return watched.filter((path) => written.has(`./${path}`));
}

/** Whole copies, with shared blocks where the file system can. Slower; needs no mount. */
export function plainCopies(scratchDir: string, spawner: Spawner): ThrowawayCopies {
  return {
    kind: "copy",
    async open({ workspacePath, layers, watched, signal }) {
      const path = join(scratchDir, `copy-${randomUUID()}`);
      const dispose = async (): Promise<void> => {
        await runHostCommand(spawner, ["chmod", "-R", "u+rwX", "--", path], AbortSignal.timeout(copyTimeoutMs));
        await removeDirectory(path);
      };
      await mkdir(path, { mode: 0o700 });
      for (const side of [...layers.toReversed(), workspacePath]) {
        // A link that a lower side put there is replaced, never written through.
        const copy = ["cp", "-a", "--reflink=auto", "--remove-destination", "--", `${side}/.`, path];
        const copied = await runHostCommand(spawner, copy, signal);
        if (copied === null) continue;
        await dispose();
        throw new PhasegateError("sandbox_unavailable", `the workspace could not be copied: \`${copied}\``, {
          hint: "free some space below the data directory",
        });
      }
      const since = watched.length === 0 ? 0n : await afterThis(`${path}-began`);
      return {
        path,
        launch: (argv) => argv,
        written: async () => await changedSince(path, watched, since),
        [Symbol.asyncDispose]: dispose,
      };
    },
  };
}

/** The clock of file systems ticks every 10 ms at most: what is changed after this is newer. */
async function afterThis(mark: string): Promise<bigint> {
  await writeFile(mark, "");
  const { ctimeNs } = await lstat(mark, { bigint: true });
  await rm(mark);
  await setTimeout(12);
  return ctimeNs;
}

/** By the time at which the kernel last changed a file in any way, which no program sets. */
async function changedSince(root: string, watched: readonly string[], since: bigint): Promise<readonly string[]> {
  const written: string[] = [];
  for (const path of watched) {
    const stats = await lstat(join(root, path), { bigint: true }).catch(() => null);
    if (stats === null || stats.ctimeNs > since) written.push(path);
  }
  return written;
}

/** Null when the command succeeded, else the end of what it said. */
async function runHostCommand(spawner: Spawner, argv: readonly string[], signal: AbortSignal): Promise<string | null> {
  const result = await superviseProcess({
    argv,
    cwd: "/",
    environment: hostEnvironment,
    timeoutMs: copyTimeoutMs,
    outputBytes: 4096,
    signal,
    spawner,
    kill: (child) => child.kill(),
  });
  return result.exitCode === 0 ? null : `${result.ended}: ${result.stderr.text.trim().slice(-300)}`;
}
