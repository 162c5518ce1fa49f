import { accessSync, chmodSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PhasegateError } from "@phasegate/wire";
import { makeFolder, nearestFolder, tryFolder } from "./make-folder.ts";

/**
 * The data directory exists, is the server's own, has mode 0700, can be written and lies in no repository's work
 * tree; or PhasegateError `config_invalid` says what to do.
 */
export function prepareDataDirectory(path: string): void {
  examineDataDirectory(path);
  refusing(path, () => {
    makeFolder(path, 0o700);
    if ((statSync(path).mode & 0o777) !== 0o700) chmodSync(path, 0o700);
  });
}

/** Throws what `prepareDataDirectory` would, as far as it can be told without making anything. */
export function examineDataDirectory(path: string): void {
  const repository = repositoryAround(path);
  if (repository) {
    throw refused(
      path,
      `it lies inside the repository \`${repository}\`, where agents' tools could reach it`,
      "set `storage.data_dir` to a folder outside of any repository",
    );
  }
  refusing(path, () => {
    const owner = existsSync(path) ? statSync(path).uid : undefined;
    const self = process.getuid?.();
    if (owner !== undefined && owner !== self) throw new Error(`it belongs to user ${owner}, not ${self}`);
    tryFolder(path);
    accessSync(nearestFolder(path), constants.R_OK | constants.X_OK);
  });
}

function refusing(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = "make it writable for the server's user, or set `storage.data_dir` to another folder";
    throw refused(path, why, hint, error);
  }
}

/** The folder of workspaces exists and can be written; or PhasegateError `config_invalid`. */
export function prepareWorkspaces(path: string): void {
  examineWorkspaces(path);
  refusingWorkspaces(path, () => makeFolder(path, 0o700));
}

/** Throws what `prepareWorkspaces` would, as far as it can be told without making anything. */
export function examineWorkspaces(path: string): void {
  refusingWorkspaces(path, () => tryFolder(path));
}

function refusingWorkspaces(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const message = `the folder of workspaces \`${path}\` cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    const findings = [{ place: "runner.workspaces_dir", message }];
    const hint = "make it writable for the server's user, or set `runner.workspaces_dir` to another folder";
    throw new PhasegateError("config_invalid", message, { hint, findings }, { cause: error });
  }
}

/** The nearest folder at or above `path` that holds a `.git`; null when there is none. */
function repositoryAround(path: string): string | null {
  let folder = realpathSync(nearestFolder(path));
  for (;;) {
    if (existsSync(join(folder, ".git"))) return folder;
    const parent = dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}

function refused(path: string, why: string, hint: string, cause?: unknown): PhasegateError {
  const message = `the data directory \`${path}\` cannot be used: ${why}`;
  return new PhasegateError(
    "config_invalid",
    message,
    { hint, findings: [{ place: "storage.data_dir", message }] },
    cause === undefined ? undefined : { cause },
  );
}
