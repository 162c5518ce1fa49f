import { execFile } from "node:child_process";
import { copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { copyLedger } from "@phasegate/ledger";
import { verifyLedger } from "@phasegate/ledger/verify";
import { PhasegateError } from "@phasegate/wire";
import { readFileSync } from "node:fs";
import { type BackupManifest, copiedFolder, describeFiles, invalid, manifestFile } from "./backup-manifest.ts";
import { copyRunnerFiles, workspaceStates } from "./copy-runner-files.ts";

const run = promisify(execFile);
/** The phase token key is not among them: tokens of the time before a restore must not work after it. */
const keptKeys = ["ledger-head.key", "ledger-head.pub.pem"] as const;
const maxRounds = 5;

export interface BackupOptions {
  readonly dataDirectory: string;
  /** Must not exist yet. */
  readonly to: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface BackupReport {
  readonly path: string;
  readonly events: number;
  readonly tasks: number;
  readonly files: number;
  readonly bytes: number;
  readonly movingTasks: readonly string[];
}

/**
 * Copies a data directory into a folder of its own, with or without its server running, and verifies the copy: the
 * ledger as it was at one moment, with all that its tasks need to go on. The folder is there whole or not at all.
 * Rejects with `ledger_unavailable` when there is nothing to copy or no place for it, and with `backup_invalid` when
 * the copy does not verify. A work tree is not copied: it is made again as it was last judged.
 */
export async function takeBackup({ dataDirectory, to, now }: BackupOptions): Promise<BackupReport> {
  const target = resolve(to);
  if (await stat(target).catch(() => null)) {
    throw new PhasegateError("ledger_unavailable", `\`${target}\` exists already`, { hint: "name a new folder" });
  }
  const making = `${target}.making`;
  await rm(making, { recursive: true, force: true });
  try {
    const data = join(making, copiedFolder);
    await mkdir(join(data, "keys"), { recursive: true, mode: 0o700 });
    const movingTasks = await copyLedgerAtRest(dataDirectory, data);
    for (const name of keptKeys) await copyFile(join(dataDirectory, "keys", name), join(data, "keys", name));
    await copyRunnerFiles(dataDirectory, data);
    const { events, tasks } = await verifyCopy(data);
    const files = await describeFiles(data);
    const manifest: BackupManifest = {
      format: 1,
      made_at: new Date(now).toISOString(),
      events,
      moving_tasks: [...movingTasks],
      files,
    };
    await writeFile(join(making, manifestFile), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600, flush: true });
    await syncFolder(making);
    await rename(making, target);
    await syncFolder(dirname(target));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { path: target, events, tasks, files: files.length, bytes, movingTasks };
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

/** Copies the ledger at a moment at which no workspace moved, if there is one; answers the tasks that did move. */
async function copyLedgerAtRest(from: string, to: string): Promise<readonly string[]> {
  const file = join(to, "ledger.sqlite");
  for (let round = 1; ; round += 1) {
    const before = await workspaceStates(from);
    await copyLedger({ from: join(from, "ledger.sqlite"), to: file });
    const after = await workspaceStates(from);
    const moved = [...after].filter(([task, state]) => before.get(task) !== state).map(([task]) => task);
    if (moved.length === 0 || round === maxRounds) return moved;
    await rm(file);
  }
}

/** The copied ledger verifies with its signatures, and every copied history is whole. */
export async function verifyCopy(data: string): Promise<{ readonly events: number; readonly tasks: number }> {
  const publicKeys = [readFileSync(join(data, "keys", "ledger-head.pub.pem"), "utf8")];
  const report = await verifyLedger({ file: join(data, "ledger.sqlite"), publicKeys });
  if (!report.ok) throw invalid(`its ledger does not verify: ${report.firstBad?.what ?? "no entry named"}`);
  const mirrors = join(data, "runner", "mirrors");
  for (const name of await readdir(mirrors).catch(() => [])) {
    try {
      await run("git", ["--git-dir", join(mirrors, name), "fsck", "--connectivity-only", "--no-dangling"], {
        env: { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
        timeout: 10 * 60 * 1_000,
      });
    } catch (error) {
      throw invalid(`the history in \`${name}\` is not whole`, error);
    }
  }
  return { events: report.events, tasks: report.tasks };
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
