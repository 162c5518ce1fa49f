import type { ContentPair, TreeChange } from "@phasegate/wire";
import { measuredKind } from "./code-lines.ts";
import { namesLoaded, resolved } from "./loaded-files.ts";

/**
 * Kinds of changed files whose names tell none: Node runs a file without an ending as a module, and whatever `require`
 * or `import` names. Such a file counts where its text is that of a module, or of a script that code runs which names it; a
 * text that no other changed file names and that has an ending of its own does not.
 */
export function modulesWithoutEnding(
  changes: readonly TreeChange[],
  contents: Readonly<Record<string, ContentPair>>,
): ReadonlyMap<string, "js" | "py"> {
  const texts = changes.flatMap(({ path }) => {
    const text = contents[path]?.after;
    return typeof text === "string" ? [{ path, text }] : [];
  });
  const odd = texts.filter(({ path }) => measuredKind(path) !== "js" && !isMeasuredOtherwise(path));
  if (odd.length === 0) return new Map();
  const loaded = new Set(texts.flatMap(({ path, text }) => [...namesLoaded(path, text)]));
  const runs = texts.filter(({ path, text }) => measuredKind(path) === "js" && runsTexts.test(text));
  const run = new Set(runs.flatMap(({ path, text }) => filesNamed(path, text)));
  return new Map(
    odd.flatMap(({ path, text }) => {
      if (run.has(path) && script.test(text)) return [[path, "js"] as const];
      const kind = hasEnding(path) && !loaded.has(`at ${path}`) ? null : kindOfText(text);
      return kind === null ? [] : [[path, kind] as const];
    }),
  );
}

const javaScript =
  /^[ \t]*(?:export[ \t]*(?:[*{]|(?:default|async|const|let|var|function|class)\b)|import\b[^\n]*["']|(?:module\.)?exports\b[^\n]*=)/m;
const python = /^(?:async[ \t]+)?(?:def|class)[ \t]+\w[^\n]*:[ \t]*(?:#[^\n]*)?$/m;

/** Code that runs a text as code, and a text that may be such a one. */
const runsTexts =
  /\b(?:node:vm|runIn(?:This|New)?Context|compileFunction)\b|["']vm["']|\beval\s*\(|\bnew\s+(?:Function|Script)\b/;
const script = /^[ \t]*(?:async[ \t]+)?(?:function\b[^\n]*\{|(?:const|let|var|class)[ \t]+\w[^\n]*(?:=>|\{))[ \t]*$/m;

/** Paths that a module may mean by its texts: beside itself, or from the root. */
function filesNamed(path: string, text: string): readonly string[] {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const names = [...text.matchAll(/["'`]([\w@./-]+)["'`]/g)].map(([, name = ""]) => name);
  return names.flatMap((name) => [resolved(folder, name) ?? name, name.replace(/^\.?\//, "")]);
}

function kindOfText(text: string): "js" | "py" | null {
  if (javaScript.test(text)) return "js";
  return python.test(text) ? "py" : null;
}

/** Components and styles, which bundlers make modules of: measured by their own kinds, or by none. */
function isMeasuredOtherwise(path: string): boolean {
  return ["vue", "svelte", "astro", "mdx", "css", "scss", "less", "json"].includes(measuredKind(path));
}

function hasEnding(path: string): boolean {
  return path.lastIndexOf(".") > path.lastIndexOf("/") + 1;
}
