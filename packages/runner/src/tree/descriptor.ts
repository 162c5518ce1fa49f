import { closeSync, constants, mkdirSync, openSync, readdirSync } from "node:fs";

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** The path by which the kernel reaches an entry of an open directory, whatever its own path has become. */
export function entryOf(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}

/** The names in an open directory; one that is no text in UTF-8 as its bytes, since no text leads to it. */
export function namesIn(directory: number): readonly (string | Buffer)[] {
  const at = `/proc/self/fd/${directory}`;
  const names = readdirSync(at);
  if (!names.some((name) => name.includes(notText))) return names;
  return readdirSync(at, { encoding: "buffer" }).map((bytes) => {
    const text = bytes.toString("utf8");
    return text.includes(notText) ? bytes : text;
  });
}

/** What bytes become that are no UTF-8; also a character of its own, whose name is then taken by its bytes. */
const notText = "\uFFFD";

/** As `entryOf`, of a name of any bytes. */
export function entryOfBytes(directory: number, name: string | Buffer): string | Buffer {
  if (typeof name === "string") return entryOf(directory, name);
  return Buffer.concat([Buffer.from(entryOf(directory, "")), name]);
}

export function openRoot(root: string): number {
  return openSync(root, directoryFlags);
}

// `O_PATH` of Linux, which Node does not name: such a descriptor needs no permission on what it holds.
const holdOnly = 0o10000000;

/** Holds the entry itself, never what a link leads to; null where it is not what `flags` ask for, or a link then. */
export function holdEntry(at: string | Buffer, flags: number): number | null {
  try {
    return openSync(at, holdOnly | constants.O_NOFOLLOW | flags);
  } catch (error) {
    if (hasCode(error, "ENOTDIR", "ELOOP")) return null;
    throw error;
  }
}

export function openDirectoryIn(parent: number, name: string | Buffer): number {
  return openSync(entryOfBytes(parent, name), directoryFlags);
}

/**
 * Calls `use` with the directory that holds `path`, opened component by component: no link on the way is followed.
 * Throws what the system says (ENOENT, ENOTDIR, ELOOP) when a component is missing or is no directory.
 */
export function withParent<Result>(root: string, path: string, use: (parent: number, name: string) => Result): Result {
  const components = path.split("/");
  const name = components.pop() ?? "";
  let directory = openRoot(root);
  try {
    for (const component of components) {
      const next = openDirectoryIn(directory, component);
      closeSync(directory);
      directory = next;
    }
    return use(directory, name);
  } finally {
    closeSync(directory);
  }
}

/**
 * Calls `use` with each step on the way to `path`, from the root: a directory, opened without following a link, and
 * the name of the next step in it. The last step is `path` itself; where a directory is missing or is none, the
 * steps end with it.
 */
export function withParents<Result>(
  root: string,
  path: string,
  use: (steps: readonly { readonly directory: number; readonly name: string }[]) => Result,
): Result {
  const steps: { directory: number; name: string }[] = [];
  try {
    let directory = openRoot(root);
    for (const [index, name] of path.split("/").entries()) {
      if (index > 0) directory = openDirectoryIn(directory, steps[index - 1]?.name ?? "");
      steps.push({ directory, name });
    }
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) {
      for (const step of steps) closeSync(step.directory);
      throw error;
    }
  }
  try {
    return use(steps);
  } finally {
    for (const step of steps) closeSync(step.directory);
  }
}

/** As `withParent`, making each missing directory with permissions 0755. */
export function withParentMade<Result>(
  root: string,
  path: string,
  use: (parent: number, name: string) => Result,
  clear: (parent: number, name: string) => void,
): Result {
  const components = path.split("/");
  const name = components.pop() ?? "";
  let directory = openRoot(root);
  try {
    for (const component of components) {
      const next = openOrMake(directory, component, clear);
      closeSync(directory);
      directory = next;
    }
    return use(directory, name);
  } finally {
    closeSync(directory);
  }
}

function openOrMake(parent: number, name: string, clear: (parent: number, name: string) => void): number {
  try {
    return openDirectoryIn(parent, name);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) {
      if (!hasCode(error, "ENOTDIR", "ELOOP")) throw error;
      clear(parent, name);
    }
  }
  mkdirSync(entryOf(parent, name), { mode: 0o755 });
  return openDirectoryIn(parent, name);
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
