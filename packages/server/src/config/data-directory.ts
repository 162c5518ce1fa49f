import { accessSync, chmodSync, constants, existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PhasegateError } from "@phasegate/wire";

/**
 * The data directory exists, is the server's own, has mode 0700, can be written and lies in no repository's work
 * tree; or PhasegateError `config_invalid` says what to do.
 */
export function prepareDataDirectory(path: string): void {
  const repository = repositoryAround(path);
  if (repository) {
    throw refused(
      path,
      `it lies inside the repository \`${repository}\`, where agents' tools could reach it`,
      "set `storage.data_dir` to a folder outside of any repository",
    );
  }
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = statSync(path);
    if (!found.isDirectory()) throw new Error("it is not a directory");
    const self = process.getuid?.();
    if (self !== undefined && found.uid !== self) throw new Error(`it belongs to user ${found.uid}, not ${self}`);
    if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refused(
      path,
      why,
      "make it writable for the server's user, or set `storage.data_dir` to another folder",
      error,
    );
  }
}

/** The nearest folder at or above `path` that holds a `.git`; null when there is none. */
function repositoryAround(path: string): string | null {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  folder = realpathSync(folder);
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
