import type { LineCoverage, TreeChange } from "@phasegate/wire";
import { isDeclarationFile, measuredKind } from "./code-lines.ts";

/** Names of folders that hold the sources of a package: below them all is measured where anything is. */
const sourceRoots: ReadonlySet<string> = new Set(["src", "lib", "app"]);

const manifests = /(?:^|\/)(?:package\.json|pyproject\.toml|setup\.(?:py|cfg)|go\.mod|Cargo\.toml|deno\.jsonc?)$/;

/**
 * Whether a report that measures these files has to name another one. It has to where it names files of that language
 * in that folder or above it; the root of the repository stands for itself alone. Left out are files that declare types
 * only, configuration beside a manifest, and what is like files of the base of which the report names none: those that
 * stand in the same folder, or share the end of their names (`.stories.tsx`). `kindOf` tells the language of another.
 */
export function mustBeMeasured(
  coverage: LineCoverage,
  source: {
    readonly paths: readonly string[];
    readonly changes: readonly TreeChange[];
    isTestFile(path: string): boolean;
  },
  kindOf: (path: string) => string = measuredKind,
): (path: string) => boolean {
  const named = new Set(Object.keys(coverage.files));
  const changed = new Set(source.changes.map(({ path }) => path));
  const unchanged = source.paths.filter((path) => !changed.has(path) && !source.isTestFile(path));
  const folders = new Set([...named].flatMap((path) => measuredFolders(path).map((folder) => key(path, folder))));
  const manifestFolders = new Set(unchanged.filter((path) => manifests.test(path)).map(folderOf));
  const isLikeUnnamed = precedents(unchanged, named);
  return (path) =>
    !isDeclarationFile(path) &&
    !(isConfiguration(path) && manifestFolders.has(folderOf(path))) &&
    !isLikeUnnamed(path) &&
    foldersAbove(path).some((folder) => folders.has(`${kindOf(path)}:${folder}`));
}

function key(path: string, folder: string): string {
  return `${measuredKind(path)}:${folder}`;
}

function measuredFolders(path: string): readonly string[] {
  const above = foldersAbove(path);
  const root = above.findLast((folder) => sourceRoots.has(folder.slice(folder.lastIndexOf("/") + 1)));
  return root === undefined ? [folderOf(path)] : [folderOf(path), root];
}

/** The folder of a file and those above it, the nearest first; the root only where the file stands in it. */
function foldersAbove(path: string): readonly string[] {
  const folders = [folderOf(path)];
  for (let folder = folderOf(path); folder.includes("/"); folder = folderOf(folder)) folders.push(folderOf(folder));
  return folders;
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** Files that configure tools, by their names. */
export function isConfiguration(path: string): boolean {
  return /(?:^|\/)(?:\.[^/]+|[^/]+\.config\.\w+|setup\.py|[A-Z]\w+file\.js|(?:gulp|grunt)file\.js)$/.test(path);
}

/** Whether the base has files like this one, and the report names none of them. */
function precedents(unchanged: readonly string[], named: ReadonlySet<string>): (path: string) => boolean {
  const isNamed = new Map<string, boolean>();
  for (const path of unchanged) {
    for (const like of likenesses(path)) isNamed.set(like, isNamed.get(like) === true || named.has(path));
  }
  return (path) => likenesses(path).some((like) => isNamed.get(like) === false);
}

function likenesses(path: string): readonly string[] {
  const [, ending] = /[^/.]((?:\.[^/.]+){2,})$/.exec(path) ?? [];
  return [key(path, folderOf(path)), ...(ending === undefined ? [] : [`*${ending}`])];
}
