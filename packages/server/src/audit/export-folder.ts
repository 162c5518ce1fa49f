import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { PhasegateError } from "@phasegate/wire";
import { makeFolder, tryFolder } from "../config/make-folder.ts";

/** The folder of the audit export exists, for its owner only where it was made; or PhasegateError `config_invalid`. */
export function makeExportFolder(file: string): void {
  refusing(file, () => makeFolder(dirname(file), 0o700));
}

/** Throws where `makeExportFolder` would, and makes nothing. */
export function examineExportFolder(file: string): void {
  refusing(file, () => existsSync(dirname(file)) || tryFolder(dirname(file)));
}

function refusing(file: string, attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `cannot make the folder of the audit export \`${file}\`: ${reason}`;
    const hint = "set `audit.export_file` to a file that the server may write, or to nothing";
    throw new PhasegateError("config_invalid", message, { hint }, { cause: error });
  }
}
