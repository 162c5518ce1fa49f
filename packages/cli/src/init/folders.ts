import type { ProjectFiles } from "./project-files.ts";

/** Globs of those folders at the root that hold a file. */
export function foldersAmong({ paths }: ProjectFiles, names: readonly string[]): readonly string[] {
  return names.filter((name) => paths.some((path) => path.startsWith(`${name}/`))).map((name) => `${name}/**`);
}

export function filesAmong({ paths }: ProjectFiles, names: readonly string[]): readonly string[] {
  return names.filter((name) => paths.includes(name));
}
