import { rm } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { hasCode } from "./descriptor.ts";

/** What `rm` of Node says of directories that it may not open, that are too deep for it, or that it left half-way. */
const beyondNode = ["EACCES", "EPERM", "ENOTEMPTY", "ENAMETOOLONG", "ELOOP", "EMFILE"];

/**
 * Removes a directory, if it is there, with all that a command left in it: without permission to remove it, or
 * deeper than any path can name. Follows no link.
 */
export async function removeDirectory(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch (error) {
    if (!hasCode(error, ...beyondNode)) throw error;
    await removeInThread(directory);
  }
}

function removeInThread(directory: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const worker = new Worker(new URL("./remove-worker.ts", import.meta.url), { workerData: directory });
  worker.on("error", reject);
  worker.on("exit", () => resolve());
  return promise;
}
