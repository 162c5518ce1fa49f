import { randomUUID } from "node:crypto";

/** Bytes of names that are looked at. */
const maxNamesBytes = 4_096;

/** Most paths that are told. */
const maxPaths = 100;

/**
 * A command on a throwaway copy that says, after all that it printed, what it changed there. The clock of file
 * systems ticks every 10 ms at most, so that what it changes is newer than its start, and what was copied is not. For
 * whoever reads the answer only: the command could make it say something else.
 */
export class ThrownAway {
  readonly #mark = `phasegate-${randomUUID()}`;

  /** `depth`: how many folders below the workspace's own the command begins. */
  argv(argv: readonly string[], depth: number): [string, ...string[]] {
    const script = [
      `root=$(cd "./${"../".repeat(depth)}" && pwd -P)`,
      "since=$(date +%s.%N)",
      "sleep 0.012",
      '"$@"',
      "code=$?",
      `names=$(cd "$root" && find . -path ./.git -prune -o -newerct "@$since" -printf "%y %P\\n" 2>/dev/null` +
        ` | head -c ${String(maxNamesBytes)})`,
      `printf '%s%s' '${this.#mark}' "$names" >&2`,
      "exit $code",
    ];
    return ["/bin/sh", "-c", script.join("\n"), "sh", ...argv];
  }

  /** Splits what the command printed from what was said after it. Of a folder only, where no file in it was seen. */
  read(printed: string): { readonly printed: string; readonly paths: readonly string[] } {
    const at = printed.lastIndexOf(this.#mark);
    if (at === -1) return { printed, paths: [] };
    const entries = printed
      .slice(at + this.#mark.length)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => ({ isFolder: line.startsWith("d "), path: line.slice(2) || "." }));
    const files = entries.filter(({ isFolder }) => !isFolder);
    const told = files.length > 0 ? files : entries;
    return { printed: printed.slice(0, at), paths: told.map(({ path }) => path).slice(0, maxPaths) };
  }
}
