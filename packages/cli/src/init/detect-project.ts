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
}

/** Language, test runner and folders of a repository, by its files alone: nothing is run. */
export function detectProject(files: ProjectFiles): Detection {
  const found = languages.flatMap((detect) => detect(files) ?? []);
  return { project: found[0] ?? null, alsoFound: found.slice(1).map(({ language }) => language) };
}
