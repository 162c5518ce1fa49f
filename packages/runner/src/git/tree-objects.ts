import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { PhasegateError, type TreeEntry } from "@phasegate/wire";
import type { ContentStore } from "../tree/content-store.ts";
import type { Git } from "./git.ts";

export interface TreeObjects {
  readonly git: Git;
  /** The server's git directory of the task. */
  readonly gitDir: string;
  readonly contents: ContentStore;
}

/** Paths to put into a git tree, and to take out of it. */
export interface TreeEdit {
  readonly upserts: readonly TreeEntry[];
  readonly removals: readonly string[];
}

/**
 * Writes a git tree: that of `from` (a commit; null for the empty tree) with `edit` applied. Blobs are the stored raw
 * bytes: no filter or attribute takes part, and no work tree is read. Answers its object id.
 */
export async function writeGitTree(parts: TreeObjects, from: string | null, edit: TreeEdit): Promise<string> {
  const { git, gitDir } = parts;
  const blobs = await writeBlobs(parts, edit.upserts);
  const indexFile = path.join(gitDir, `index-${randomUUID()}`);
  try {
    if (from !== null) await git.run({ gitDir, indexFile, args: ["read-tree", from] });
    const nothing = "0".repeat(from?.length ?? 40);
    const lines = [
      ...edit.removals.map((removed) => `0 ${nothing}\t${removed}`),
      ...edit.upserts.map((entry) => `${gitMode(entry)} ${blobs.get(entry.content) ?? entry.content}\t${entry.path}`),
    ];
    const input = lines.map((line) => `${line}\0`).join("");
    await git.run({ gitDir, indexFile, input, args: ["update-index", "-z", "--replace", "--index-info"] });
    return await git.text({ gitDir, indexFile, args: ["write-tree"] });
  } finally {
    await rm(indexFile, { force: true });
    await rm(`${indexFile}.lock`, { force: true });
  }
}

export interface CommitIdentity {
  readonly name: string;
  readonly email: string;
}

/** Writes a commit object; no ref moves. */
export async function writeCommit(
  parts: TreeObjects,
  commit: { tree: string; parents: readonly string[]; message: string; identity: CommitIdentity },
): Promise<string> {
  const { name, email } = commit.identity;
  return await parts.git.text({
    gitDir: parts.gitDir,
    input: commit.message,
    environment: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    },
    args: ["commit-tree", commit.tree, ...commit.parents.flatMap((parent) => ["-p", parent]), "-F", "-"],
  });
}

/** Git knows two kinds of file: executable by its owner, and not. */
export function gitMode(entry: TreeEntry): string {
  if (entry.type === "symlink") return "120000";
  if (entry.type === "submodule") return "160000";
  return (entry.permissions & 0o100) === 0 ? "100644" : "100755";
}

async function writeBlobs(parts: TreeObjects, entries: readonly TreeEntry[]): Promise<Map<string, string>> {
  const wanted = [...new Set(entries.filter((entry) => entry.type !== "submodule").map((entry) => entry.content))];
  if (wanted.length === 0) return new Map();
  const written = await parts.git.text({
    gitDir: parts.gitDir,
    input: wanted.map((content) => `${parts.contents.pathOf(content)}\n`).join(""),
    args: ["hash-object", "-w", "--no-filters", "--stdin-paths"],
  });
  const objectIds = written.split("\n");
  if (objectIds.length !== wanted.length) {
    throw new PhasegateError("workspace_unavailable", "git did not store every changed file");
  }
  return new Map(wanted.map((content, index) => [content, objectIds[index] ?? ""]));
}
