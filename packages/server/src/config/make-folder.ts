import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Makes a folder and those above it, or throws why not. Each is tried once: Node's own recursive `mkdir` never ends where
 * a folder takes none, such as below /proc.
 */
export function makeFolder(path: string, mode: number): void {
  const missing: string[] = [];
  for (let folder = path; !existsSync(folder) && dirname(folder) !== folder; folder = dirname(folder)) {
    missing.push(folder);
  }
  for (const folder of missing.toReversed()) {
    try {
      mkdirSync(folder, mode);
    } catch (error) {
      // Someone else made it meanwhile.
      if (!existsSync(folder)) throw error;
    }
  }
  if (!statSync(path).isDirectory()) throw new Error("it is not a directory");
}

/** Throws where `makeFolder` would, found by making another in the nearest folder and taking it away again. */
export function tryFolder(path: string): void {
  const folder = nearestFolder(path);
  if (!statSync(folder).isDirectory()) throw new Error(`\`${folder}\` is not a directory`);
  rmdirSync(mkdtempSync(join(folder, ".probe-")));
}

/** The folder itself, or the nearest one above it that is there. */
export function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
