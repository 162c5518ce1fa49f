import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

/** The names that an export goes by, all in one folder. */
export class ExportFiles {
  readonly folder: string;
  /** The file that is written; older ones stand beside it. */
  readonly open: string;
  readonly manifest: string;
  readonly #stem: string;
  readonly #extension: string;

  constructor(file: string) {
    this.folder = dirname(file);
    this.open = basename(file);
    this.manifest = `${this.open}${manifestSuffix}`;
    this.#extension = extname(file);
    this.#stem = basename(file, this.#extension);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The name of a rotated file: its first and last position, so that names sort like positions. */
  rotated(first: number, last: number): string {
    return `${this.#stem}.${padded(first)}-${padded(last)}${this.#extension}`;
  }

  /** The positions in a name that `rotated` made, or null. */
  positionsIn(name: string): { readonly first: number; readonly last: number } | null {
    if (!name.startsWith(`${this.#stem}.`) || !name.endsWith(this.#extension)) return null;
    const middle = name.slice(this.#stem.length + 1, name.length - this.#extension.length);
    const match = /^(?<first>\d{12})-(?<last>\d{12})$/.exec(middle)?.groups;
    return match === undefined ? null : { first: Number(match["first"]), last: Number(match["last"]) };
  }
}

export const manifestSuffix = ".manifest.json";

/** Puts a file in place of another: whoever reads sees the old or the new one, also after a crash. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  await writeFile(temporary, text, { mode: 0o600, flag: "wx", flush: true });
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes renames in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function padded(position: number): string {
  return String(position).padStart(12, "0");
}
