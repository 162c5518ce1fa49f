import { randomUUID } from "node:crypto";
import { closeSync, constants, fstatSync, readlinkSync, renameSync } from "node:fs";
import path from "node:path";
import { entryOf, hasCode, holdEntry, openRoot, withParent } from "../tree/descriptor.ts";
import { removeWhole } from "../tree/remove-whole.ts";
import { setBits } from "../tree/special-bits.ts";

/** Holds a folder itself, wherever it is moved; null where there is none. The caller closes it. */
export function holdFolder(at: string): number | null {
  try {
    return holdEntry(at, constants.O_DIRECTORY);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

/**
 * Moves a folder that is held back to its place in a root, from wherever in that root it is now; what stands in the place
 * goes. False where it is in its place, is gone, or was moved out. No link is followed on the way.
 */
export function moveBack(root: string, place: string, held: number): boolean {
  const top = openRoot(root);
  try {
    const from = path.relative(readlinkSync(`/proc/self/fd/${top}`), readlinkSync(`/proc/self/fd/${held}`));
    if (from === place || from === ".." || from.startsWith("../")) return false;
    const between = entryOf(top, `.phasegate-${randomUUID()}`);
    const isMoved = withParent(root, from, (parent, name) => {
      const found = entryOf(parent, name);
      if (!isTheSame(found, held)) return false;
      setBits(found, 0o777, 0o700);
      renameSync(found, between);
      return true;
    });
    if (!isMoved) return false;
    try {
      removeWhole(entryOf(top, place));
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
    renameSync(between, entryOf(top, place));
    return true;
  } finally {
    closeSync(top);
  }
}

/** Another folder may have the name that the held one had when it was removed. */
function isTheSame(at: string, held: number): boolean {
  const found = holdFolder(at);
  if (found === null) return false;
  try {
    const [there, here] = [fstatSync(found, { bigint: true }), fstatSync(held, { bigint: true })];
    return there.ino === here.ino && there.dev === here.dev;
  } finally {
    closeSync(found);
  }
}
