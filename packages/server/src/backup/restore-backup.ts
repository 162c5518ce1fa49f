import { cp, mkdir, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readErasures } from "@phasegate/ledger/export";
import { PhasegateError } from "@phasegate/wire";
import { prepareDataDirectory } from "../config/data-directory.ts";
import { compareFiles, copiedFolder, readManifest } from "./backup-manifest.ts";
import { restoreNoticeFile, type RestoreNotice } from "./restore-notice.ts";
import { syncFolder, verifyCopy } from "./take-backup.ts";

export interface RestoreOptions {
  readonly backup: string;
  /** Must be empty or not exist. */
  readonly dataDirectory: string;
  readonly now: number;
  /** A data directory, a ledger or an audit export that knows what was erased after the backup was made. */
  readonly erasedIn?: string;
}

export interface RestoreReport {
  readonly events: number;
  readonly tasks: number;
  /** Bodies that the first start erases again, if the backup has them; null when nobody said what was erased. */
  readonly erased: number | null;
}

/**
 * Makes a data directory out of a backup: every file is compared with the manifest, the ledger is verified, and the
 * directory is there whole or not at all. The first start records the restore; phase tokens of the time before it
 * are void, and what was erased for good since is erased again. Rejects with `backup_invalid` when the backup does not
 * hold, with `config_invalid` when the directory is in use, and as `readErasures` when that cannot be read.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const target = resolve(options.dataDirectory);
  await refuseUsed(target);
  const erasures = options.erasedIn === undefined ? null : await readErasures(options.erasedIn);
  const manifest = await readManifest(options.backup);
  const making = `${target}.restoring`;
  await rm(making, { recursive: true, force: true });
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    prepareDataDirectory(making);
    await cp(join(options.backup, copiedFolder), making, { recursive: true, verbatimSymlinks: true });
    await compareFiles(making, manifest);
    const verified = await verifyCopy(making);
    const notice: RestoreNotice = {
      made_at: manifest.made_at,
      restored_at: new Date(options.now).toISOString(),
      position: manifest.events,
      erased: erasures && [...erasures].map(([digest, reason]) => ({ digest, reason })),
    };
    await writeFile(join(making, restoreNoticeFile), JSON.stringify(notice), { mode: 0o600, flush: true });
    await syncFolder(making);
    await rmdir(target).catch(() => undefined);
    await rename(making, target);
    await syncFolder(dirname(target));
    return { ...verified, erased: erasures?.size ?? null };
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

async function refuseUsed(target: string): Promise<void> {
  const found = await stat(target).catch(() => null);
  if (found === null || (found.isDirectory() && (await readdir(target)).length === 0)) return;
  throw new PhasegateError("config_invalid", `\`${target}\` is not empty`, {
    hint: "stop its server and move the folder away; nothing is ever restored over a ledger",
  });
}
