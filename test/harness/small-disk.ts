import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";

const mountIt = 'mount -t tmpfs -o size="$0",mode=0700 tmpfs "$1" && echo mounted && exec cat';

/**
 * A small file system that only the processes see which are started through it: it lies in a user and mount namespace of
 * its own and goes when `remove` is called or this process ends, however that comes. Nothing is mounted on the machine.
 */
export class SmallDisk {
  readonly path: string;
  readonly #holder: ChildProcess;

  private constructor(path: string, holder: ChildProcess) {
    this.path = path;
    this.#holder = holder;
  }

  /** Null where this user may have no namespaces. */
  static async make(path: string, megabytes: number): Promise<SmallDisk | null> {
    mkdirSync(path, { recursive: true });
    const namespaces = ["--user", "--map-root-user", "--mount", "--propagation", "private"];
    const holder = spawn("unshare", [...namespaces, "sh", "-c", mountIt, `${megabytes}m`, path], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const outcome = await Promise.race([
      once(holder.stdout, "data").then(() => "mounted"),
      once(holder, "exit").then(() => "refused"),
      once(holder, "error").then(() => "refused"),
    ]);
    return outcome === "mounted" ? new SmallDisk(path, holder) : null;
  }

  /** The command, as it is run where the file system is. */
  through(cwd: string): string[] {
    const target = `--target=${this.#holder.pid}`;
    const enter = ["nsenter", target, "--user", "--mount", "--preserve-credentials"];
    return [...enter, "sh", "-c", 'cd "$0" && exec "$@"', cwd];
  }

  run(script: string): void {
    this.#exec(this.path, ["sh", "-c", script]);
  }

  has(path: string): boolean {
    try {
      this.run(`test -e ${path}`);
      return true;
    } catch {
      return false;
    }
  }

  /** Takes all that is free. */
  fill(): void {
    this.run("cat /dev/zero > ballast 2>/dev/null || true");
  }

  free(): void {
    this.run("rm -f ballast");
  }

  /** From now on nothing can be made or opened for writing there; what is open stays open. */
  makeReadOnly(): void {
    this.run(`mount --bind . "$PWD" && mount -o remount,bind,ro "$PWD"`);
  }

  makeWritable(): void {
    this.#exec("/", ["umount", "-l", this.path]);
  }

  async remove(): Promise<void> {
    const gone = once(this.#holder, "exit");
    this.#holder.stdin?.end();
    await gone;
  }

  #exec(cwd: string, command: readonly string[]): void {
    const [enter = "", ...options] = this.through(cwd);
    execFileSync(enter, [...options, ...command], { stdio: "ignore" });
  }
}
