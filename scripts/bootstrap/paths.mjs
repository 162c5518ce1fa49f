import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The Node that the `node` package brings. */
export const packagedNode = join(root, "node_modules", ".bin", "node");

/** The first executable file of this name on `path`, or null. */
export function findProgram(name, path = process.env.PATH ?? "") {
  for (const directory of path.split(delimiter)) {
    const candidate = join(directory, name);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not in this directory.
    }
  }
  return null;
}

/** `path` without any `node_modules`: `npm ci` removes those, together with the Node in them, while it runs. */
export function pathOutsideModules(path = process.env.PATH ?? "") {
  return path
    .split(delimiter)
    .filter((directory) => !directory.split(sep).includes("node_modules"))
    .join(delimiter);
}
