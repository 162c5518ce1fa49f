import { lstat, readdir } from "node:fs/promises";
import path from "node:path";

/** Bytes of all files below a directory, as they say themselves. What goes meanwhile counts nothing. */
export async function sizeOfDirectory(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const at = path.join(directory, entry.name);
    bytes += entry.isDirectory() ? await sizeOfDirectory(at) : ((await lstat(at).catch(() => null))?.size ?? 0);
  }
  return bytes;
}
