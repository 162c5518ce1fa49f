import type { CompiledPattern } from "./patterns.ts";

/** Folders that package managers fill: `node_modules`, and what Python's tools make. */
const environment = /^(?:node_modules|site-packages|__pypackages__|venv|\.venv.*|\.tox|\.nox)$/;

/**
 * True where an untracked path belongs to the tree by this pattern. A pattern that holds for a name anywhere, as
 * `test_*.py` does, claims no installed package's file of that name; one that names the folder in which the
 * environment stands, as `test/**` does for fixtures, claims it with all else there.
 */
export function claims({ text, matches }: CompiledPattern, path: string): boolean {
  if (!matches(path)) return false;
  if (!text.startsWith("**/")) return true;
  const components = path.split("/");
  const first = components.slice(0, -1).findIndex((component) => environment.test(component));
  return first === -1 || matches([...components.slice(0, first), "any"].join("/"));
}
