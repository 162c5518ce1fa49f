import { existsSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import type { RuleReference } from "@phasegate/wire";
import { loadWorkflow, presetText, type Diagnostic, type StoredWorkflow } from "@phasegate/workflow";
import { configurationOf, failureOf } from "../configuration.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { Io } from "../io.ts";
import { underline } from "../output/underline.ts";
import { idlePaths } from "./idle-paths.ts";
import { trackedFiles } from "./tracked-files.ts";
import { trackedScratch } from "./tracked-scratch.ts";
import { unnamedTests } from "./unnamed-tests.ts";

/** A workflow file as `serve` would read it, with the means to show its places. */
export class WorkflowSource {
  readonly #cwd: string;
  /** Of the repository; the workflow's places and the files that it names are counted from here. */
  readonly #root: string;
  readonly #file: string;
  readonly #text: string;
  readonly #readBeside: (directory: string, path: string) => string | null;

  private constructor(parts: {
    cwd: string;
    root: string;
    file: string;
    text: string;
    readBeside: (directory: string, path: string) => string | null;
  }) {
    this.#cwd = parts.cwd;
    this.#root = parts.root;
    this.#file = parts.file;
    this.#text = parts.text;
    this.#readBeside = parts.readBeside;
  }

  /** The named file, else that of the configuration. Fails with what to do when there is none. */
  static async open(io: Io, file: string | undefined): Promise<WorkflowSource> {
    const { readBeside, readWorkflowFile, repositoryRoot } = await import("@phasegate/server/workflow-files");
    const path = resolve(io.cwd, file ?? (await configurationOf(io)).workflow.file);
    const root = repositoryRoot(dirname(path));
    try {
      return new WorkflowSource({
        cwd: io.cwd,
        root,
        file: relative(root, path),
        text: readWorkflowFile(path),
        readBeside,
      });
    } catch (error) {
      throw failureOf(error);
    }
  }

  load() {
    return loadWorkflow({
      file: this.#file,
      text: this.#text,
      resolve: (path) => this.#readBeside(this.#root, path),
    });
  }

  /** See `trackedScratch`, `idlePaths` and `unnamedTests`. */
  warningsOfRepository(stored: StoredWorkflow): readonly Diagnostic[] {
    const tracked = trackedFiles(this.#root);
    const warning = trackedScratch(tracked, this.#file, stored);
    return [
      ...(warning === null ? [] : [warning]),
      ...idlePaths(tracked, this.#file, this.#text),
      ...unnamedTests(tracked, stored),
    ];
  }

  /** The workflow in its stored form; fails when the file does not load. */
  stored(): StoredWorkflow {
    const loaded = this.load();
    if (loaded.ok) return loaded.stored;
    const [first] = loaded.diagnostics;
    throw new CommandFailure(
      exitCodes.refused,
      `\`${this.#file}\` does not load: ${first ? `${this.shown(first)}: ${first.message}` : "it has errors"}`,
      { hint: "`phasegate lint` shows every error" },
    );
  }

  /** The place as the reader's shell knows it: relative to where the command was typed. */
  shown({ place }: Pick<Diagnostic, "place">): RuleReference {
    const file = resolve(this.#root, place.replace(/:\d+:\d+$/, ""));
    return existsSync(file) ? `${relative(this.#cwd, file)}${/:\d+:\d+$/.exec(place)?.[0] ?? ""}` : place;
  }

  /** The line of a place with its word underlined, also in bundled workflows and files beside this one. */
  underlined(place: RuleReference): readonly string[] {
    const match = /^(.+):(\d+):(\d+)$/.exec(place);
    if (match?.[1] === undefined) return [];
    const text = this.#textOf(match[1]);
    return text === null ? [] : underline(text, Number(match[2]), Number(match[3]));
  }

  #textOf(file: string): string | null {
    if (file === this.#file) return this.#text;
    return presetText(file) ?? this.#readBeside(this.#root, file);
  }
}
