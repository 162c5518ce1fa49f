import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Place } from "@phasegate/wire";

/** A configuration file as it was when it was read. */
export interface ConfigFile {
  /** Absolute; behind links. */
  readonly path: string;
  /** As it was named, for messages. */
  readonly name: string;
  /** An `orchestrator.yaml`: its keys are translated. */
  readonly isOlder: boolean;
  readonly text: string;
  readonly digest: string;
}

const maxBytes = 1_048_576;

/** The chosen file, else `phasegate.yaml`, else an older `orchestrator.yaml`; null when there is none. */
export function readConfigFile(options: { file?: string; cwd: string }): ConfigFile | Place | null {
  const chosen = options.file ? { path: resolve(options.cwd, options.file), name: options.file } : find(options.cwd);
  if (!chosen) return null;
  try {
    const path = realpathSync(chosen.path);
    const found = statSync(path);
    if (!found.isFile()) throw new Error("it is not a file");
    if (found.size > maxBytes) throw new Error("it is larger than 1 MB");
    const bytes = readFileSync(path);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return {
      path,
      name: chosen.name,
      isOlder: basename(chosen.path) === "orchestrator.yaml",
      text,
      digest: digestOf(bytes),
    };
  } catch (error) {
    const why = error instanceof TypeError ? "it is not UTF-8" : (error as Error).message;
    return { place: chosen.name, message: `cannot read \`${chosen.path}\`: ${why}` };
  }
}

/** The digest of the file that is at `path` now; null when none is. */
export function digestAt(path: string): string | null {
  return existsSync(path) ? digestOf(readFileSync(path)) : null;
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function find(cwd: string): { path: string; name: string } | null {
  for (const name of ["phasegate.yaml", "orchestrator.yaml"]) {
    if (existsSync(join(cwd, name))) return { path: join(cwd, name), name };
  }
  return null;
}
