import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { HookDenial } from "./verdict.ts";

const maxPathLength = 4_096;

/**
 * Where a path really leads, whether or not its last parts exist yet: links of every folder on the way are followed.
 * Throws `HookDenial` where that cannot be told.
 */
export function realPlace(path: string): string {
  if (path.includes("\0") || path.length > maxPathLength) throw untold(path);
  const missing: string[] = [];
  for (let there = path; ;) {
    try {
      // The system's own: it follows a link before `..`, where text would take the link's own folder.
      return resolve(realpathSync.native(there), ...missing);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const isGone = code === "ENOENT" && basename(there) !== ".." && dirname(there) !== there;
      if (!isGone) throw untold(path);
      missing.unshift(basename(there));
      there = dirname(there);
    }
  }
}

/**
 * A path that a host's tool was given, as the server takes it: relative to the workspace where it lies inside, else
 * absolute. The last part is left as it is, since the server judges links itself.
 */
export function placeInWorkspace(path: string, from: string, workspace: string): string {
  if (path.includes("\0") || path.length > maxPathLength) throw untold(path);
  const written = isAbsolute(path) ? path : `${from}${sep}${path}`;
  const straight = resolve(written);
  const real = realFolderOf(straight);
  // A host may follow the text or the links: where these part, it is not known which file is meant.
  if (written.split(sep).includes("..") && realFolderOf(written) !== real) throw untold(path);
  const inside = relative(workspace, real);
  if (inside === "") return ".";
  return inside.startsWith("..") || isAbsolute(inside) ? real : inside;
}

function realFolderOf(path: string): string {
  const name = basename(path);
  return name === "" || name === ".." ? realPlace(path) : resolve(realPlace(dirname(path)), name);
}

/** A place and every folder above it. */
export function upwards(place: string): readonly string[] {
  const above = dirname(place);
  return above === place ? [place] : [place, ...upwards(above)];
}

function untold(path: string): HookDenial {
  return new HookDenial(
    "path_invalid",
    `it cannot be told where \`${JSON.stringify(path.slice(0, 200)).slice(1, -1)}\` leads`,
    "name the file by its plain path below the workspace",
  );
}
