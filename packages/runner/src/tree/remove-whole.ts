import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, constants, readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { holdEntry } from "./descriptor.ts";

/**
 * Removes what stands at a path: names of any bytes, directories of any permissions and of any depth, also below what
 * one path can name. Follows no link, also where one is put in a directory's place meanwhile. What lies deep is first
 * moved up, so that no path grows. Throws what the system says, ENOENT included, and what a writer beside it causes.
 */
export function removeWhole(at: string | Buffer): void {
  const top = Buffer.from(at);
  // RACE: held open, so that a directory swapped for a link between look and use leads nowhere else.
  const held = holdEntry(top, constants.O_DIRECTORY);
  if (held === null) return unlinkSync(top);
  try {
    empty(Buffer.from(`/proc/self/fd/${held}`));
  } finally {
    closeSync(held);
  }
  rmdirSync(top);
}

function empty(top: Buffer): void {
  const prefix = `.phasegate-${randomUUID()}-`;
  const pending: Buffer[] = [top];
  let moved = 0;
  for (let directory = pending.at(-1); directory !== undefined; directory = pending.at(-1)) {
    const below: Buffer[] = [];
    const isDirectory = holding(directory, directory === top, (held) => {
      chmodSync(held, 0o700);
      for (const found of readdirSync(held, { encoding: "buffer", withFileTypes: true })) {
        const entry = inside(held, found.name);
        if (!found.isDirectory()) unlinkSync(entry);
        else if (directory === top) below.push(entry);
        else {
          moved += 1;
          const higher = inside(top, Buffer.from(`${prefix}${moved}`));
          // A directory can be moved only by who may write to it.
          holding(entry, false, (child) => chmodSync(child, 0o700));
          renameSync(entry, higher);
          below.push(higher);
        }
      }
    });
    if (!isDirectory) unlinkSync(directory);
    else if (below.length === 0 && directory !== top) rmdirSync(directory);
    if (!isDirectory || below.length === 0) pending.pop();
    pending.push(...below);
  }
}

/** Calls `use` with a path that stays this directory's, whatever is put in its place; false for anything else. */
function holding(directory: Buffer, isHeld: boolean, use: (held: Buffer) => void): boolean {
  if (isHeld) {
    use(directory);
    return true;
  }
  // RACE: as for the top: a directory swapped for a link is not the one that was found, and is not entered.
  const held = holdEntry(directory, constants.O_DIRECTORY);
  if (held === null) return false;
  try {
    use(Buffer.from(`/proc/self/fd/${held}`));
  } finally {
    closeSync(held);
  }
  return true;
}

function inside(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from("/"), name]);
}
