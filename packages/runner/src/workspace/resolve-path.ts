import { lstatSync, readlinkSync } from "node:fs";
import path from "node:path";
import type { ResolvedPath } from "../port.ts";
import { parseWorkspacePath } from "../tools/workspace-path.ts";
import { hasCode } from "../tree/descriptor.ts";

const maxLinks = 40;

/**
 * A path as an agent wrote it, relative to the workspace, every link on the way resolved: rules judge the file that
 * would be reached. A link that leads out is refused, one that cannot be resolved as well.
 */
export function resolveWorkspacePath(workspacePath: string, written: string): ResolvedPath {
  const parsed = parseWorkspacePath(written, workspacePath);
  if (parsed.status === "refused") return parsed;
  const outside = {
    status: "refused",
    code: "path_outside_workspace",
    message: `a link on the way of \`${parsed.path}\` leads out of the workspace`,
  } as const;
  const pending = [...parsed.components];
  const reached: string[] = [];
  let exists = true;
  let links = 0;
  for (let component = pending.shift(); component !== undefined; component = pending.shift()) {
    if (component === "" || component === ".") continue;
    if (component === "..") {
      if (reached.pop() === undefined) return outside;
      continue;
    }
    reached.push(component);
    const found = look(path.join(workspacePath, ...reached));
    if (found.kind === "missing") exists = false;
    if (found.kind !== "link") continue;
    links += 1;
    if (links > maxLinks) return outside;
    reached.pop();
    if (found.target.startsWith("/")) {
      const inside = parseWorkspacePath(found.target, workspacePath);
      if (inside.status === "refused") return outside;
      reached.length = 0;
      pending.unshift(...inside.components);
    } else {
      pending.unshift(...found.target.split("/"));
    }
  }
  return { status: "inside", path: reached.join("/"), exists };
}

type Found = { readonly kind: "missing" | "other" } | { readonly kind: "link"; readonly target: string };

/** Synchronous: a look at an inode in memory takes microseconds, the way to another thread and back many of them. */
function look(at: string): Found {
  try {
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: "missing" };
    return stats.isSymbolicLink() ? { kind: "link", target: readlinkSync(at) } : { kind: "other" };
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return { kind: "missing" };
    throw error;
  }
}
