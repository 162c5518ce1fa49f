import { detectGo, detectJava, detectRust } from "./compiled-languages.ts";
import { detectJavaScript } from "./javascript.ts";
import type { DetectedProject } from "./project.ts";
import type { ProjectFiles } from "./project-files.ts";
import { detectPython } from "./python.ts";

/** In the order in which they are looked for; the first decides. */
const languages: readonly ((files: ProjectFiles) => DetectedProject | null)[] = [
  detectJavaScript,
  detectPython,
  detectGo,
  detectRust,
  detectJava,
];

export interface Detection {
  /** Null: no language that has a preset. */
  readonly project: DetectedProject | null;
  /** Languages that are here too, and that the one test command does not cover. */
  readonly alsoFound: readonly string[];
  /** Globs of the pages, where there is nothing else. */
  readonly pages: readonly string[] | null;
}

const page = /\.(?:md|mdx|markdown|rst|adoc|asciidoc|txt|png|jpe?g|gif|svg|webp|pdf)$/i;
/** Of what makes a site or a book of pages: written with them. */
const settingsOfPages = /^(?:mkdocs\.ya?ml|book\.toml|_config\.ya?ml|_toc\.ya?ml|antora\.ya?ml)$/;
const besidePages = /^(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS|CODEOWNERS)$|^\.[^/]+$|^\.github\//;

/** Language, test runner and folders of a repository, by its files alone: nothing is run. */
export function detectProject(files: ProjectFiles): Detection {
  const found = languages.flatMap((detect) => detect(files) ?? []);
  return {
    project: found[0] ?? null,
    alsoFound: found.slice(1).map(({ language }) => language),
    pages: found.length === 0 ? pagesAlone(files) : null,
  };
}

function pagesAlone({ paths }: ProjectFiles): readonly string[] | null {
  const others = paths.filter((path) => !besidePages.test(path) && path !== "agent_workflow.yaml");
  if (others.length === 0 || !others.every((path) => page.test(path) || settingsOfPages.test(path))) return null;
  const globs = others.map((path) => {
    if (settingsOfPages.test(path)) return path;
    const [first = "", ...below] = path.split("/");
    return below.length > 0 ? `${first}/**` : `*${first.slice(first.lastIndexOf("."))}`;
  });
  return [...new Set(globs)];
}
