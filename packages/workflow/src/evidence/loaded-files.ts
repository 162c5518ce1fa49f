import jsTokens from "js-tokens";
import { measuredKind } from "./code-lines.ts";

/**
 * What code calls the files that it loads: one of these is among the `namesOf` such a file. Reads JavaScript and Python;
 * names that are put together while the code runs are not found. `pathsOf` tells where a name that is no path leads.
 */
export function namesLoaded(
  from: string,
  text: string,
  pathsOf: (name: string) => readonly string[] = () => [],
): ReadonlySet<string> {
  const kind = measuredKind(from);
  if (kind === "js") return scriptsLoaded(from, text, pathsOf);
  return kind === "py" ? modulesLoaded(from, text) : new Set();
}

/** All that code may call a file by which it loads. */
export function namesOf(path: string): readonly string[] {
  const kind = measuredKind(path);
  if (kind === "py") {
    const parts = path.replace(/\.\w+$/, "").split("/");
    if (parts.at(-1) === "__init__") parts.pop();
    const folder = parts.slice(0, -1).join("/");
    // A word alone is a module at the root, in a folder of sources, or beside what names it.
    const word = parts.at(-1) ?? "";
    const modules = parts.slice(0, -1).map((_, at) => `module ${parts.slice(at).join(".")}`);
    const isAtRoot = /^(?:src|lib|app)?$/.test(folder);
    return [
      `at ${parts.join(".")}`,
      ...modules,
      `module ${word} in ${folder}`,
      ...(isAtRoot ? [`module ${word}`] : []),
      `word ${word}`,
    ];
  }
  const parts = stemOf(path).split("/");
  return [`at ${parts.join("/")}`, `tail ${parts.slice(-2).join("/")}`, `tail ${parts.at(-1) ?? ""}`];
}

function scriptsLoaded(from: string, text: string, pathsOf: (name: string) => readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  let before: readonly string[] = [];
  for (const { type, value } of jsTokens(text)) {
    if (type === "WhiteSpace" || type === "LineTerminatorSequence" || type.endsWith("Comment")) continue;
    const isText = type === "StringLiteral" || type === "NoSubstitutionTemplate";
    const specifier = isText ? value.slice(1, -1) : "";
    if (/^\.{1,2}(?:\/|$)/.test(specifier)) {
      const target = resolved(folderOf(from), specifier);
      if (target !== null) names.add(`at ${stemOf(target)}`);
    } else if (isText && /^(?:from|import|(?:import|require|resolve)\()$/.test(importing(before))) {
      const tail = tailOf(specifier);
      if (tail !== null) names.add(`tail ${tail}`);
      for (const path of pathsOf(specifier)) names.add(`at ${path}`);
    } else if (/^\/?\w[\w@./-]*\/[\w.-]+\.[cm]?[jt]sx?$/.test(specifier)) {
      names.add(`at ${stemOf(specifier.replace(/^\//, ""))}`);
    }
    before = [...before.slice(-1), value];
  }
  return names;
}

/** The words in front of a text that make it the name of a module. */
function importing(before: readonly string[]): string {
  return before.at(-1) === "(" ? before.join("") : (before.at(-1) ?? "");
}

/** What a name that stands for no path of its own tells of one: all behind its alias, or its last two parts. */
function tailOf(specifier: string): string | null {
  const parts = stemOf(specifier).split("/");
  if (/^[@~#$]/.test(parts[0] ?? "")) {
    return parts.length > 1 ? parts.slice(1).slice(-2).join("/") : (parts[0] ?? "").slice(1);
  }
  return parts.length < 2 ? null : parts.slice(-2).join("/");
}

function stemOf(path: string): string {
  return path.replace(/\.[cm]?[jt]sx?$/, "").replace(/\/index$/, "");
}

const statements =
  /(?:^|[;:])[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]*import[ \t]*(\([^)]*\)|[^\n;]+)|import[ \t]+([^\n;]+))/gm;
const calls = /\b(?:import_module|__import__)\(\s*["']([\w.]+)["']/g;

/** Files that are named by a path. */
const paths = /["'](?:[./]*\/)?(\w[\w/-]*\/[\w-]+)\.py["']/g;

function modulesLoaded(from: string, text: string): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (module: string): void => {
    names.add(`module ${module}`);
    if (!module.includes(".")) names.add(`module ${module} in ${folderOf(from)}`);
  };
  const whole = text.replaceAll(/#[^\n]*/g, "").replaceAll(/\\\r?\n/g, " ");
  for (const [, dots = "", base = "", imported, modules] of whole.matchAll(statements)) {
    for (const module of wordsOf(modules)) add(module);
    if (imported === undefined) continue;
    const folder = dots === "" ? "" : resolved(folderOf(from), "../".repeat(dots.length - 1));
    if (folder === null) continue;
    const prefix = [...folder.split("/"), base].filter((part) => part !== "").join(".");
    for (const word of ["", ...wordsOf(imported)]) {
      const module = [prefix, word].filter((part) => part !== "").join(".");
      if (dots === "") add(module);
      else names.add(`at ${module}`);
    }
  }
  for (const [, module = ""] of whole.matchAll(calls)) add(module);
  for (const [, path = ""] of whole.matchAll(paths)) names.add(`at ${path.replaceAll("/", ".")}`);
  // Code that says itself where modules are found may find them anywhere.
  if (/\bsys\.path\b|\baddsitedir\b/.test(whole)) {
    const words = [...names].filter((name) => /^module \w+$/.test(name));
    for (const name of words) names.add(name.replace("module", "word"));
  }
  return names;
}

function wordsOf(list: string | undefined): readonly string[] {
  const words = (list ?? "").replaceAll(/[()\s]+/g, " ").split(",");
  return words.flatMap((word) => /^ ?([\w.]+)/.exec(word)?.[1] ?? []);
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** A path from a folder, without its dots; null where it leaves the tree. */
export function resolved(folder: string, path: string): string | null {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of path.split("/")) {
    if (part === ".." && parts.pop() === undefined) return null;
    if (part !== ".." && part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
