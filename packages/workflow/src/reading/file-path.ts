/** Directory of a path; `.` when it has none. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

export function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Joins and normalises: no `.`, no empty components, `..` only at the front. An absolute second part wins. */
export function joinPath(base: string, path: string): string {
  const joined = path.startsWith("/") ? path : `${base}/${path}`;
  const isAbsolute = joined.startsWith("/");
  const kept: string[] = [];
  for (const part of joined.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== ".." || (kept.length === 0 ? !isAbsolute : kept.at(-1) === "..")) kept.push(part);
    else kept.pop();
  }
  const normal = kept.join("/");
  return isAbsolute ? `/${normal}` : normal || ".";
}

/** The path as seen from a directory, when it lies below it; null otherwise. Both in the same frame. */
export function relativeBelow(directory: string, path: string): string | null {
  const from = joinPath(directory, ".");
  const to = joinPath(path, ".");
  if (from === ".") return to.startsWith("../") || to.startsWith("/") || to === ".." || to === "." ? null : to;
  const prefix = from === "/" ? "/" : `${from}/`;
  return to.startsWith(prefix) && to.length > prefix.length ? to.slice(prefix.length) : null;
}

/** The file of `file:line:column`. */
export function fileOfPlace(place: string): string {
  return place.replace(/:\d+:\d+$/u, "");
}
