import ignore from "ignore";

/** What the base commit and the workflow say about paths, as plain data: it travels to worker threads. */
export interface TreeRulesData {
  /** Paths of the base that belong to the tree. */
  readonly tracked: readonly string[];
  /** Path of each submodule of the base and the commit that it stays at. */
  readonly submodules: readonly (readonly [path: string, commit: string])[];
  /** Every `.gitignore` of the base: its directory ("" for the root) and its text. */
  readonly ignoreFiles: readonly { readonly directory: string; readonly text: string }[];
  /** The workflow's own, in the syntax of `.gitignore`, from the root. */
  readonly ignore: readonly string[];
}

interface IgnoreMatcher {
  test(path: string): { ignored: boolean; unignored: boolean };
}

/**
 * Answers what is ignored by the rules of the base commit and of the workflow alone: nothing that was written since
 * has a say, and a tracked path is never ignored.
 */
export class TreeRules {
  readonly tracked: ReadonlySet<string>;
  readonly submodules: ReadonlyMap<string, string>;
  readonly #trackedDirectories = new Set<string>();
  readonly #workflow: IgnoreMatcher;
  readonly #base = new Map<string, IgnoreMatcher>();

  constructor(data: TreeRulesData) {
    this.tracked = new Set(data.tracked);
    this.submodules = new Map(data.submodules);
    for (const path of [...data.tracked, ...this.submodules.keys()]) {
      for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
        const directory = path.slice(0, end);
        if (this.#trackedDirectories.has(directory)) break;
        this.#trackedDirectories.add(directory);
      }
    }
    this.#workflow = matcher(data.ignore);
    for (const file of data.ignoreFiles) this.#base.set(file.directory, matcher(file.text));
  }

  /** True when a tracked path lies below: such a directory is looked into even where it is ignored. */
  holdsTracked(directory: string): boolean {
    return this.#trackedDirectories.has(directory);
  }

  /** For a path none of whose parents is ignored. A directory's path comes without its slash. */
  isIgnored(path: string, isDirectory: boolean): boolean {
    if (this.tracked.has(path)) return false;
    const asWritten = isDirectory ? `${path}/` : path;
    if (this.#workflow.test(asWritten).ignored) return true;
    // The nearest file with an opinion decides, as in git.
    for (let end = path.lastIndexOf("/"); ; end = path.lastIndexOf("/", end - 1)) {
      const directory = end <= 0 ? "" : path.slice(0, end);
      const verdict = this.#base.get(directory)?.test(directory === "" ? asWritten : asWritten.slice(end + 1));
      if (verdict?.ignored === true) return true;
      if (verdict?.unignored === true) return false;
      if (directory === "") return false;
    }
  }
}

function matcher(patterns: string | readonly string[]): IgnoreMatcher {
  return ignore({ ignorecase: false }).add(patterns);
}
