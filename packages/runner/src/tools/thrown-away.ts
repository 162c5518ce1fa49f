import { randomUUID } from "node:crypto";

/** Bytes of names that are looked at: of what is newer, and of what is in folders in which something came or went. */
const maxBytes = { names: 4_096, listed: 16_384 };

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
      'cd "$root" || exit $code',
      `names=$(find . -path ./.git -prune -o -newerct "@$since" -printf "%y %P\\n" 2>/dev/null` +
        ` | head -c ${String(maxBytes.names)})`,
      `listed=$(find . -path ./.git -prune -o -type d -newerct "@$since" -print0 2>/dev/null` +
        ` | xargs -0 -r sh -c 'find "$@" -mindepth 1 -maxdepth 1 -printf "e %p\\n"' sh 2>/dev/null` +
        ` | head -c ${String(maxBytes.listed)})`,
      `printf '%s%s\\n%s' '${this.#mark}' "$names" "$listed" >&2`,
      "exit $code",
    ];
    return ["/bin/sh", "-c", script.join("\n"), "sh", ...argv];
  }

  /**
   * Splits what the command printed from what was said after it: files that are new or changed, and those of `tracked`
   * that are gone. Folders are told only where too much is in them to know what is gone.
   */
  read(printed: string, tracked: Iterable<string>): { readonly printed: string; readonly paths: readonly string[] } {
    const at = printed.lastIndexOf(this.#mark);
    if (at === -1) return { printed, paths: [] };
    const said = printed.slice(at + this.#mark.length);
    const entries = said
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => ({ kind: line[0], path: line.slice(2).replace(/^\.\//, "") || "." }));
    const ofKind = (wanted: (kind: string | undefined) => boolean): readonly string[] =>
      entries.filter(({ kind }) => wanted(kind)).map(({ path }) => path);
    const files = ofKind((kind) => kind !== "d" && kind !== "e");
    const folders = ofKind((kind) => kind === "d");
    const end = said.indexOf("\ne ");
    const [names, listed] = end === -1 ? [said, ""] : [said.slice(0, end), said.slice(end + 1)];
    const isWhole = Buffer.byteLength(names) < maxBytes.names && Buffer.byteLength(listed) < maxBytes.listed - 1;
    const gone = isWhole ? missing(tracked, new Set(folders), new Set(ofKind((kind) => kind === "e"))) : [];
    const told = files.length + gone.length > 0 || isWhole ? [...files, ...gone] : folders;
    return { printed: printed.slice(0, at), paths: told.slice(0, maxPaths) };
  }
}

/** Of these paths those whose name, or that of a folder above, is gone from one of the folders. */
function missing(
  tracked: Iterable<string>,
  folders: ReadonlySet<string>,
  listed: ReadonlySet<string>,
): readonly string[] {
  const gone: string[] = [];
  if (folders.size === 0) return gone;
  for (const path of tracked) {
    let folder = ".";
    for (let end = path.indexOf("/"); ; end = path.indexOf("/", end + 1)) {
      const step = end === -1 ? path : path.slice(0, end);
      if (folders.has(folder) && !listed.has(step)) gone.push(path);
      if (end === -1 || gone.at(-1) === path || gone.length >= maxPaths) break;
      folder = step;
    }
    if (gone.length >= maxPaths) break;
  }
  return gone;
}
