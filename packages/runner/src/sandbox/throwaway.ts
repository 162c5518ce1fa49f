import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { PhasegateError } from "@phasegate/wire";
import type { OutputPipes } from "./output-pipes.ts";
import { killGroup, superviseProcess } from "./supervised-process.ts";

/** A copy of a workspace for one command. Disposing of it leaves nothing behind. */
interface ThrowawayCopy extends AsyncDisposable {
  /** Where the copy is for what `launch` starts. */
  readonly path: string;
  launch(argv: readonly string[]): readonly string[];
}

export interface ThrowawayCopies {
  readonly kind: "overlay" | "copy";
  open(workspacePath: string, signal: AbortSignal): Promise<ThrowawayCopy>;
}

const overlayBytes = 2 * 1024 ** 3;
const copyTimeoutMs = 300_000;
const hostEnvironment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** `$1` mount point, `$2` workspace. The upper side is a bounded memory file system that ends with the namespace. */
const mountAndBecome = [
  'mount -t tmpfs -o "size=$3,mode=0700" phasegate "$1"',
  'cd "$1"',
  "mkdir lower upper work merged",
  'mount --bind "$2" lower',
  "{ mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr phasegate merged 2>/dev/null" +
    " || mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work phasegate merged; }",
  "cd /",
  "shift 3",
  'exec "$@"',
].join(" && ");

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
    async open(workspacePath) {
      const mountPoint = join(scratchDir, `overlay-${randomUUID()}`);
      await mkdir(mountPoint, { mode: 0o700 });
      return {
        path: join(mountPoint, "merged"),
        launch: (argv) => [
          ...enter,
          "/bin/sh",
          "-c",
          mountAndBecome,
          "sh",
          mountPoint,
          workspacePath,
          String(overlayBytes),
          ...argv,
        ],
        [Symbol.asyncDispose]: () => rm(mountPoint, { recursive: true, force: true }),
      };
    },
  };
}

/** Whole copies, with shared blocks where the file system can. Slower; needs no mount. */
export function plainCopies(scratchDir: string, pipes: OutputPipes): ThrowawayCopies {
  return {
    kind: "copy",
    async open(workspacePath, signal) {
      const path = join(scratchDir, `copy-${randomUUID()}`);
      const dispose = async (): Promise<void> => {
        await runHostCommand(pipes, ["chmod", "-R", "u+rwX", "--", path], AbortSignal.timeout(copyTimeoutMs));
        await rm(path, { recursive: true, force: true });
      };
      const copied = await runHostCommand(pipes, ["cp", "-a", "--reflink=auto", "--", workspacePath, path], signal);
      if (copied !== null) {
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
async function runHostCommand(
  pipes: OutputPipes,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const result = await superviseProcess({
    argv,
    cwd: "/",
    environment: hostEnvironment,
    timeoutMs: copyTimeoutMs,
    outputBytes: 4096,
    signal,
    pipes,
    kill: killGroup,
  });
  return result.exitCode === 0 ? null : `${result.ended}: ${result.stderr.text.trim().slice(-300)}`;
}
