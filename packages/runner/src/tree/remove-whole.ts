import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, constants, readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { holdEntry } from "./descriptor.ts";

/**
 * Removes what stands at a path: names of any bytes, directories of any permissions and of any depth, also below what
 * one path can name. Follows no link. What lies deep is first moved up, so that no path grows. Nothing may write
 * there meanwhile. Throws what the system says, ENOENT included.
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
    chmodSync(directory, 0o700);
    const below: Buffer[] = [];
    for (const found of readdirSync(directory, { encoding: "buffer", withFileTypes: true })) {
      const entry = inside(directory, found.name);
      if (!found.isDirectory()) unlinkSync(entry);
      else if (directory === top) below.push(entry);
      else {
        moved += 1;
        const higher = inside(top, Buffer.from(`${prefix}${moved}`));
        // A directory can be moved only by who may write to it.
        chmodSync(entry, 0o700);
        renameSync(entry, higher);
        below.push(higher);
      }
    }
    if (below.length === 0) {
      if (directory !== top) rmdirSync(directory);
      pending.pop();
    }
    pending.push(...below);
  }
}

function inside(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from("/"), name]);
}
