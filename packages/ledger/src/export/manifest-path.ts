import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PhasegateError } from "@phasegate/wire";
import { manifestSuffix } from "./export-files.ts";

/** The manifest that a path leads to. Throws `export_invalid` when it leads to none or to several. */
export function manifestOf(path: string): string {
  if (!existsSync(path)) throw noManifest(path);
  if (!statSync(path).isDirectory()) return path.endsWith(manifestSuffix) ? path : `${path}${manifestSuffix}`;
  const [name, ...others] = readdirSync(path).filter((each) => each.endsWith(manifestSuffix));
  if (name === undefined || others.length > 0) throw noManifest(path);
  return join(path, name);
}

/** What is said of a path that leads to no manifest. */
export function noManifest(path: string): PhasegateError {
  return new PhasegateError("export_invalid", `\`${path}\` has no one manifest of an audit export`, {
    hint: "name the file that `audit.export_file` or `phasegate audit export` wrote",
  });
}
