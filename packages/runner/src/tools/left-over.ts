import { lstatSync, unlinkSync } from "node:fs";
import { entryOf, hasCode, withParent } from "../tree/descriptor.ts";

/** What a write leaves beside its target when the server is killed in the middle of it. */
const leftOver = /^(?:.*\/)?\.phasegate-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** True for a file that is nobody's but the runner's own, left over from a write that did not end. */
export function isLeftOver(path: string): boolean {
  return leftOver.test(path);
}

/** Removes such a file; through no link, and never anything but a regular file. */
export function removeLeftOver(workspacePath: string, path: string): void {
  try {
    withParent(workspacePath, path, (directory, name) => {
      const at = entryOf(directory, name);
      if (lstatSync(at).isFile()) unlinkSync(at);
    });
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
  }
}
