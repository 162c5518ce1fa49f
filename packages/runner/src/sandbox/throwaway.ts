import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { PhasegateError } from "@phasegate/wire";
import { removeDirectory } from "../tree/remove-directory.ts";
import type { Spawner } from "../spawner/spawner.ts";
import { superviseProcess } from "./supervised-process.ts";

/** A copy of a workspace for one command. Disposing of it leaves nothing behind. */
interface ThrowawayCopy extends AsyncDisposable {
  /** Where the copy is for what `launch` starts. */
  readonly path: string;
  launch(argv: readonly string[]): readonly string[];
}

export interface ThrowawayCopies {
  readonly kind: "overlay" | "copy";
  /** `layers`: directories seen wherever the workspace has nothing, the first one first. */
  open(workspacePath: string, layers: readonly string[], signal: AbortSignal): Promise<ThrowawayCopy>;
}

const overlayBytes = 2 * 1024 ** 3;
const copyTimeoutMs = 300_000;
const hostEnvironment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** `$1` mount point, `$2` size, then the sides from the top. The writable one is memory that ends with the namespace. */
function mountAndBecome(sides: number): string {
  const lower = Array.from({ length: sides }, (_, index) => `lower${String(index)}`);
  const options = `lowerdir=${lower.join(":")},upperdir=upper,workdir=work`;
  return [
    'mount -t tmpfs -o "size=$2,mode=0700" phasegate "$1"',
    'cd "$1"',
    `mkdir ${lower.join(" ")} upper work merged`,
    ...lower.map((name, index) => `mount --bind "\${${String(index + 3)}}" ${name}`),
    `{ mount -t overlay -o ${options},userxattr phasegate merged 2>/dev/null` +
      ` || mount -t overlay -o ${options} phasegate merged; }`,
    "cd /",
    `shift ${String(sides + 2)}`,
    'exec "$@"',
  ].join(" && ");
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
    async open(workspacePath, layers) {
      const mountPoint = join(scratchDir, `overlay-${randomUUID()}`);
      await mkdir(mountPoint, { mode: 0o700 });
      return {
        path: join(mountPoint, "merged"),
        launch: (argv) => [
          ...enter,
          "/bin/sh",
          "-c",
          mountAndBecome(layers.length + 1),
          "sh",
          mountPoint,
          String(overlayBytes),
          workspacePath,
          ...layers,
          ...argv,
        ],
        [Symbol.asyncDispose]: () => rm(mountPoint, { recursive: true, force: true }),
      };
    },
  };
}

/** Whole copies, with shared blocks where the file system can. Slower; needs no mount. */
export function plainCopies(scratchDir: string, spawner: Spawner): ThrowawayCopies {
  return {
    kind: "copy",
    async open(workspacePath, layers, signal) {
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
      return { path, launch: (argv) => argv, [Symbol.asyncDispose]: dispose };
    },
  };
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
