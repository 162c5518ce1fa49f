import { compileGlobs, type PathMatcher } from "./globs.ts";

/**
 * True for paths that no phase may change: anything at or below a `.git` or `.phasegate`, and what the globs name (the
 * workflow file, its schemas). Names that some file system takes for the same are meant too: other letter case,
 * trailing dots and blanks, invisible characters, short names.
 */
export function compileProtected(globs: readonly string[]): PathMatcher {
  const named = compileGlobs(globs, { anyCase: true });
  return (path) => {
    const components = path.split("/").map(foldComponent);
    return components.some((component) => guarded.has(component)) || named(components.join("/"));
  };
}

const guarded = new Set([".git", ".phasegate", "git~1"]);

// HFS+ leaves invisible code points out when it compares names; git's own guard does the same.
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;

function foldComponent(component: string): string {
  return component
    .normalize("NFKC")
    .replaceAll(ignorable, "")
    .toLowerCase()
    .replace(/:.*$/su, "")
    .replace(/[. \t]+$/u, "");
}
