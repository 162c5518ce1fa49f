import { lstatSync, type BigIntStats } from "node:fs";

/** What two threads share to look at many known files at once: which they are, as what they are known, what was found. */
export interface GlanceTable {
  readonly root: string;
  readonly paths: readonly string[];
  /** Six numbers for each path, as `columnsOf` lists them. */
  readonly known: BigInt64Array<SharedArrayBuffer>;
  /** For each path 1 where it is as known; 0: differs, or nobody has looked. */
  readonly same: Uint8Array<SharedArrayBuffer>;
  /** By `place`: the next path that nobody has taken, and what the second thread is at. */
  readonly shared: Int32Array<SharedArrayBuffer>;
}

export const place = { next: 0, state: 1 } as const;
export const state = { idle: 0, asked: 1, working: 2 } as const;
const columns = 6;
const chunkPaths = 128;

/** Everything that changes when a file does: a change of content moves ctime, which nobody can set back. */
export function columnsOf(stats: BigIntStats): readonly bigint[] {
  return [stats.ino, stats.ctimeNs, stats.mtimeNs, stats.size, stats.mode, stats.dev];
}

export function makeTable(root: string, files: readonly (readonly [path: string, stats: BigIntStats])[]): GlanceTable {
  const bigints = BigInt64Array.BYTES_PER_ELEMENT;
  const known = new BigInt64Array(new SharedArrayBuffer(files.length * columns * bigints));
  for (const [index, [, stats]] of files.entries()) known.set(columnsOf(stats), index * columns);
  return {
    root,
    paths: files.map(([path]) => path),
    known,
    same: new Uint8Array(new SharedArrayBuffer(files.length)),
    shared: new Int32Array(new SharedArrayBuffer(8)),
  };
}

/** Looks at paths that nobody has taken until there are none. Both threads run this at once. */
export function glanceAtRest(table: GlanceTable): void {
  const { paths, same, shared } = table;
  for (;;) {
    const from = Atomics.add(shared, place.next, chunkPaths);
    if (from >= paths.length) return;
    const to = Math.min(from + chunkPaths, paths.length);
    for (let index = from; index < to; index += 1) if (isAsKnown(table, index)) same[index] = 1;
  }
}

function isAsKnown({ root, paths, known }: GlanceTable, index: number): boolean {
  const at = index * columns;
  try {
    const now = lstatSync(`${root}/${paths[index] ?? ""}`, { bigint: true, throwIfNoEntry: false });
    return (
      now !== undefined &&
      now.ino === known[at] &&
      now.ctimeNs === known[at + 1] &&
      now.mtimeNs === known[at + 2] &&
      now.size === known[at + 3] &&
      now.mode === known[at + 4] &&
      now.dev === known[at + 5]
    );
  } catch {
    // Whatever cannot be looked at is not as known: the walk looks again and says why.
    return false;
  }
}
