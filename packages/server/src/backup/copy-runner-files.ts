import { constants, copyFile, lstat, mkdir, readdir, readFile, readlink, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What a runner cannot make again from the rest; dependency layers, base listings and checkouts it can. */
const keptFolders = ["runner/mirrors", "runner/tasks", "runner/contents", "runner/trees"] as const;
const unfinished = /(^|\/)(incoming(\/|$)|[^/]*\.(lock|tmp|making)$)/;

/**
 * Copies what the runner keeps. Files that others write meanwhile are only ever added, so that a second round brings
 * what the first one's later files speak of. One that vanishes meanwhile was no longer needed.
 */
export async function copyRunnerFiles(from: string, to: string): Promise<void> {
  for (const round of ["all", "added since"]) {
    for (const folder of keptFolders) await copyFolder(from, to, folder, round === "all");
  }
}

/** The state of every task's workspace, as text, by task. */
export async function workspaceStates(dataDirectory: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(dataDirectory, "runner", "tasks");
  const states = new Map<string, string>();
  for (const task of await readdir(folder).catch(ignoreMissing([]))) {
    const text = await readFile(join(folder, task, "state.json"), "utf8").catch(ignoreMissing(null));
    if (text !== null) states.set(task, text);
  }
  return states;
}

async function copyFolder(from: string, to: string, folder: string, isFirst: boolean): Promise<void> {
  const entries = await readdir(join(from, folder), { withFileTypes: true }).catch(ignoreMissing([]));
  await mkdir(join(to, folder), { recursive: true, mode: 0o700 });
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (unfinished.test(path)) continue;
    if (entry.isDirectory()) await copyFolder(from, to, path, isFirst);
    else if (isFirst || !(await exists(join(to, path)))) await copyEntry(join(from, path), join(to, path));
  }
}

async function copyEntry(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const status = await lstat(from).catch(ignoreMissing(null));
  if (status?.isSymbolicLink()) await symlink(await readlink(from), to).catch(ignoreMissing(undefined));
  else if (status?.isFile()) {
    await copyFile(from, to, constants.COPYFILE_FICLONE).catch(ignoreMissing(undefined));
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(ignoreMissing(null))) !== null;
}

function ignoreMissing<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
}
