import type { ProjectFiles } from "./project-files.ts";

/** Globs of those folders at the root that hold a file. */
export function foldersAmong({ paths }: ProjectFiles, names: readonly string[]): readonly string[] {
  return names.filter((name) => paths.some((path) => path.startsWith(`${name}/`))).map((name) => `${name}/**`);
}

/** Globs of folders of these names, at the root or, as packages of one repository have them, below it. */
export function foldersAnywhere({ paths }: ProjectFiles, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (paths.some((path) => path.includes(`/${name}/`))) return [`**/${name}/**`];
    return foldersAmong({ paths, read: () => null }, [name]);
  });
}

export function filesAmong({ paths }: ProjectFiles, names: readonly string[]): readonly string[] {
  return names.filter((name) => paths.includes(name));
}
