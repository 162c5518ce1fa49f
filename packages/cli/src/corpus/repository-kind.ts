import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommandFailure, exitCodes } from "../failure.ts";
import { HonestFile, RepositoryFile } from "./corpus-file.ts";
import { fill } from "./fill.ts";
import { corpusFolder } from "./load-corpus.ts";
import { readYamlFile } from "./read-yaml-file.ts";

const root = dirname(dirname(corpusFolder));
const kindsFolder = join(corpusFolder, "repositories");

/** A kind of repository as this machine can have it. */
export interface RepositoryKind {
  readonly name: string;
  readonly about: string;
  /** What `{name}` in files, workflow and steps stands for. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly toolchainDirs: readonly string[];
  readonly workflow: string;
  readonly honest: HonestFile;
  /** Writes its files, without the workflow. */
  writeFiles(folder: string): void;
}

export interface MissingKind {
  readonly name: string;
  /** What of a toolchain this machine lacks. */
  readonly missing: string;
}

export function kindNames(): readonly string[] {
  return readdirSync(kindsFolder).toSorted();
}

/** Reads a kind. Where its toolchain is not on the machine, says what is missing. */
export function readKind(name: string): RepositoryKind | MissingKind {
  const folder = join(kindsFolder, name);
  if (!existsSync(folder)) {
    throw new CommandFailure(exitCodes.refused, `no kind of repository is named \`${name}\``, {
      hint: `known: ${kindNames().join(", ")}`,
    });
  }
  const file = readYamlFile(join(folder, "repository.yaml"), RepositoryFile) as RepositoryFile;
  const toolchains = file.toolchains ?? [{ needs: ["true"] }];
  const places = new Map<string, unknown>([["root", root]]);
  const found = toolchains.find(({ needs }) => needs.every((command) => isThere(String(fill(command, places)))));
  if (!found) return { name, missing: toolchains.map(({ needs }) => needs.join(" and ")).join(", or ") };
  const values = new Map<string, unknown>([...places, ...Object.entries(found.values ?? {})]);
  return {
    name,
    about: file.about,
    values,
    toolchainDirs: (file.readable ?? []).map((path) => join(root, path)),
    workflow: String(fill(readFileSync(join(folder, "agent_workflow.yaml"), "utf8"), values)),
    honest: readYamlFile(join(folder, "honest.yaml"), HonestFile) as HonestFile,
    writeFiles: (target) => writeFilesOf(name, file, values, target),
  };
}

function isThere(command: string): boolean {
  return spawnSync("sh", ["-c", command], { stdio: "ignore" }).status === 0;
}

function writeFilesOf(name: string, file: RepositoryFile, values: ReadonlyMap<string, unknown>, target: string): void {
  mkdirSync(target, { recursive: true });
  if (file.files_of?.includes("/")) cpSync(join(root, file.files_of), target, { recursive: true });
  else if (file.files_of !== undefined) {
    if (file.files_of === name) throw new CommandFailure(exitCodes.refused, `\`${name}\` takes its files from itself`);
    const other = readYamlFile(join(kindsFolder, file.files_of, "repository.yaml"), RepositoryFile) as RepositoryFile;
    writeFilesOf(file.files_of, other, values, target);
  }
  for (const [path, text] of Object.entries(file.files ?? {})) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), String(fill(text, values)), { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
}

/** A repository of the kind with one commit. */
export function makeRepository(kind: RepositoryKind, repository: string, workflow = kind.workflow): void {
  kind.writeFiles(repository);
  writeFileSync(join(repository, "agent_workflow.yaml"), workflow);
  execFileSync("git", ["-C", repository, "init", "-q", "-b", "main"], { stdio: "pipe" });
  commitAll(repository, kind.about);
}

/** Commits all that lies in a repository. Needs nothing of the user's git configuration. */
export function commitAll(repository: string, message: string): void {
  const base = ["-C", repository, "-c", "user.name=base", "-c", "user.email=base@localhost"];
  execFileSync("git", [...base, "add", "-A"], { stdio: "pipe" });
  execFileSync("git", [...base, "commit", "-q", "-m", message], { stdio: "pipe" });
}
