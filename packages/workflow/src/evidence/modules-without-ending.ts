import type { ContentPair, TreeChange } from "@phasegate/wire";
import { measuredKind } from "./code-lines.ts";
import { namesLoaded } from "./loaded-files.ts";

/**
 * Kinds of changed files whose names tell none: Node runs a file without an ending as a module, and whatever `require`
 * or `import` names. Such a file counts where its text is that of a module; a text that no other changed file names and
 * that has an ending of its own does not.
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
  return new Map(
    odd.flatMap(({ path, text }) => {
      const kind = hasEnding(path) && !loaded.has(`at ${path}`) ? null : kindOfText(text);
      return kind === null ? [] : [[path, kind] as const];
    }),
  );
}

const javaScript =
  /^[ \t]*(?:export[ \t]*(?:[*{]|(?:default|async|const|let|var|function|class)\b)|import\b[^\n]*["']|(?:module\.)?exports\b[^\n]*=)/m;
const python = /^(?:async[ \t]+)?(?:def|class)[ \t]+\w[^\n]*:[ \t]*(?:#[^\n]*)?$/m;

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
