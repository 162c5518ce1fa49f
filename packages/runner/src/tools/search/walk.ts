import { closeSync, openSync, readdirSync } from "node:fs";
import { entryOf, hasCode } from "../../tree/descriptor.ts";
import { directoryFlags, isGitName, openForReading } from "../open-file.ts";
import { ToolRefusal } from "../outcome.ts";

/** Entries that one search looks at. */
const maxEntries = 500_000;
/** Directories in directories that one search goes into; each is held open, and the server's descriptors are bounded. */
const maxDepth = 200;

/** A file or link below the start, reached by its directory's descriptor, which is open only during the visit. */
export interface VisitedFile {
  readonly directory: number;
  readonly name: string;
  /** Relative to the workspace. */
  readonly path: string;
  /** Relative to where the search began. */
  readonly pathFromStart: string;
  readonly isLink: boolean;
  /** The search began at this file and visits no other. */
  readonly isAlone: boolean;
}

/**
 * Visits every file and link below a path of the workspace in the order of their names, by descriptor and through no
 * link; `.git` is left out. A path that names a file is visited alone.
 */
export function visitFiles(start: string, workspacePath: string, visit: (file: VisitedFile) => void): void {
  const opened = openForReading(start, workspacePath);
  if (!opened.stats.isDirectory()) {
    closeSync(opened.descriptor);
    visitParent(opened.path, workspacePath, visit);
    return;
  }
  let entries = 0;
  const visitDirectory = (directory: number, path: string, pathFromStart: string, depth: number): void => {
    if (depth > maxDepth) {
      throw new ToolRefusal("payload_too_large", `directories are nested more than ${String(maxDepth)} deep`, {
        hint: "name a `path` beside them",
      });
    }
    const children = readdirSync(entryOf(directory, "."), { withFileTypes: true });
    for (const child of children.sort((left, right) => (left.name < right.name ? -1 : 1))) {
      entries += 1;
      if (entries > maxEntries) {
        throw new ToolRefusal("payload_too_large", `more than ${String(maxEntries)} entries`, {
          hint: "name a smaller `path`",
        });
      }
      if (isGitName(child.name)) continue;
      const childPath = path === "" ? child.name : `${path}/${child.name}`;
      const childFromStart = pathFromStart === "" ? child.name : `${pathFromStart}/${child.name}`;
      if (child.isDirectory()) {
        const descriptor = openBelow(directory, child.name);
        if (descriptor === null) continue;
        try {
          visitDirectory(descriptor, childPath, childFromStart, depth + 1);
        } finally {
          closeSync(descriptor);
        }
      } else if (child.isFile() || child.isSymbolicLink()) {
        const isLink = child.isSymbolicLink();
        visit({ directory, name: child.name, path: childPath, pathFromStart: childFromStart, isLink, isAlone: false });
      }
    }
  };
  try {
    visitDirectory(opened.descriptor, opened.path, "", 0);
  } finally {
    closeSync(opened.descriptor);
  }
}

function visitParent(path: string, workspacePath: string, visit: (file: VisitedFile) => void): void {
  const components = path.split("/");
  const name = components.pop() ?? "";
  const parent = openForReading(components.length === 0 ? "." : components.join("/"), workspacePath);
  try {
    visit({ directory: parent.descriptor, name, path, pathFromStart: name, isLink: false, isAlone: true });
  } finally {
    closeSync(parent.descriptor);
  }
}

/** Null where the directory is gone, became a link, or cannot be read. */
function openBelow(directory: number, name: string): number | null {
  try {
    return openSync(entryOf(directory, name), directoryFlags);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENAMETOOLONG")) return null;
    throw error;
  }
}
