import { realPlace } from "./real-place.ts";
import { HookDenial } from "./verdict.ts";

/** Names of members that are paths, whatever they look like. */
const pathMembers: ReadonlySet<string> = new Set(["file_path", "notebook_path", "path", "cwd", "directory"]);
const maxPathLength = 4_096;
const maxPlaces = 1_000;
const maxDepth = 32;

/**
 * Real places of the files that a call names, wherever its session stands: members that are paths by their names, other
 * texts that are one absolute path, and absolute paths among the words of a shell command. What is no path there is judged
 * later. Throws `HookDenial` for a call that names more than are looked at.
 */
export function namedPlaces(input: unknown, cwd: string): readonly string[] {
  const named = new Set<string>();
  collect(input, "", 0, named);
  if (named.size > maxPlaces) {
    throw new HookDenial("malformed_request", `the call names more than ${String(maxPlaces)} files`, "split it");
  }
  return [...named].flatMap((path) => {
    try {
      return [realPlace(path.startsWith("/") ? path : `${cwd}/${path}`)];
    } catch {
      return [];
    }
  });
}

function collect(value: unknown, member: string, depth: number, named: Set<string>): void {
  if (typeof value === "string") {
    for (const path of pathsIn(value, member)) named.add(path);
  } else if (typeof value === "object" && value !== null) {
    if (depth > maxDepth) throw new HookDenial("malformed_request", "the call is nested too deeply to be read");
    const isList = Array.isArray(value);
    for (const [name, inner] of Object.entries(value)) collect(inner, isList ? member : name, depth + 1, named);
  }
}

function pathsIn(text: string, member: string): readonly string[] {
  if (text === "" || text.includes("\0")) return [];
  if (member === "command") return text.split(/[\s"'`;|&<>()=,:{}]+/).filter((word) => word.startsWith("/"));
  if (text.length > maxPathLength) return [];
  const path = text.startsWith("file:///") ? text.slice("file://".length) : text;
  return pathMembers.has(member) || /^\/[^\n]*$/.test(path) ? [path] : [];
}
