import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { TreeEntry } from "@phasegate/wire";
import { removeDirectory } from "../tree/remove-directory.ts";
import type { TreeWorkers } from "../tree/tree-workers.ts";

/** A private directory with exactly these entries. Disposing of it leaves nothing behind. */
export interface Checkout extends AsyncDisposable {
  /** Host path. */
  readonly path: string;
}

/**
 * Writes entries from the content store, each byte held against its digest, into a directory that nobody else knows.
 * There is no `.git`: an empty one would tell tools a history that is not the tree's. A command that needs one makes
 * it in `prepare`.
 */
export async function openCheckout(
  parts: { readonly workers: TreeWorkers; readonly directory: string },
  entries: readonly TreeEntry[],
): Promise<Checkout> {
  const directory = path.join(parts.directory, `checkout-${randomUUID()}`);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const dispose = async () => {
    await parts.workers.forget(directory);
    await removeDirectory(directory);
  };
  try {
    const wanted = entries.map((entry) => ({ path: entry.path, entry }));
    await parts.workers.restore({ root: directory, wanted, unsupported: [] });
  } catch (error) {
    await dispose();
    throw error;
  }
  return { path: directory, [Symbol.asyncDispose]: dispose };
}
