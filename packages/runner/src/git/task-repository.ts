import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeAgentSettings } from "./agent-settings.ts";
import type { Git } from "./git.ts";
import type { Mirror } from "./mirror.ts";

/**
 * Makes the `.git` of a fresh workspace whose files are already in place: a clone that borrows the mirror's objects,
 * with no remote, hook or credential. After this the server never reads it again.
 */
export async function makeAgentRepository(
  git: Git,
  mirror: Mirror,
  options: { workspace: string; ref: string; commit: string },
): Promise<void> {
  const gitDir = path.join(options.workspace, ".git");
  const branch = await branchName(git, options.ref);
  const format = await git.text({ gitDir: mirror.gitDir, args: ["rev-parse", "--show-object-format"] });
  await git.run({
    args: [
      "init",
      "--quiet",
      "--template=",
      `--object-format=${format}`,
      `--initial-branch=${branch}`,
      options.workspace,
    ],
  });
  await borrowObjects(gitDir, mirror);
  writeAgentSettings(options.workspace, { objectFormat: format, objectsDirectory: mirror.objectsDirectory });
  const at = { gitDir, workTree: options.workspace };
  await git.run({ ...at, args: ["update-ref", `refs/heads/${branch}`, options.commit] });
  await git.run({ ...at, args: ["read-tree", options.commit] });
  await git.attempt({ ...at, args: ["update-index", "-q", "--refresh"] });
}

/**
 * Whether git would take what stands at a workspace's `.git` for the repository that was made there. Looks at the
 * outlines that git itself looks for, never at settings or history: the answer decides about nothing but making it
 * anew. A broken configuration or index is the agent's to mend, by removing `.git`.
 */
export function holdsAgentRepository(workspace: string, mirror: Mirror): boolean {
  const gitDir = path.join(workspace, ".git");
  const folders = [gitDir, ...["objects", "objects/info", "refs"].map((name) => path.join(gitDir, name))];
  if (!folders.every((folder) => lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true)) return false;
  const head = readStart(path.join(gitDir, "HEAD"));
  const alternates = readStart(path.join(gitDir, "objects/info/alternates"));
  return (
    head !== null &&
    /^(?:ref: refs\/.+|[0-9a-f]{40,64})\n?$/.test(head) &&
    alternates !== null &&
    alternates.split("\n").includes(mirror.objectsDirectory)
  );
}

/** The beginning of a regular file; null where there is none, or a link. */
function readStart(file: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const bytes = Buffer.alloc(4096);
    return fstatSync(descriptor).isFile() ? bytes.toString("utf8", 0, readSync(descriptor, bytes)) : null;
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the server's own git directory for a task: bare, out of every sandbox. Idempotent. */
export async function makeTaskRepository(git: Git, mirror: Mirror, gitDir: string): Promise<void> {
  await mkdir(path.dirname(gitDir), { recursive: true, mode: 0o700 });
  const format = await git.text({ gitDir: mirror.gitDir, args: ["rev-parse", "--show-object-format"] });
  await git.run({ args: ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, gitDir] });
  await borrowObjects(gitDir, mirror);
  // A git that was killed may have left its lock; no other process works here.
  await rm(path.join(gitDir, "index.lock"), { force: true });
}

async function borrowObjects(gitDir: string, mirror: Mirror): Promise<void> {
  await mkdir(path.join(gitDir, "objects", "info"), { recursive: true });
  await mkdir(path.join(gitDir, "info"), { recursive: true });
  await writeFile(path.join(gitDir, "objects", "info", "alternates"), `${mirror.objectsDirectory}\n`);
  const shallow = await readFile(path.join(mirror.gitDir, "shallow"), "utf8").catch(() => null);
  if (shallow !== null) await writeFile(path.join(gitDir, "shallow"), shallow);
}

async function branchName(git: Git, ref: string): Promise<string> {
  const name = ref.replace(/^refs\/heads\//, "");
  if (name === "HEAD" || /^[0-9a-f]{40,64}$/.test(name)) return "main";
  const valid = await git.attempt({ args: ["check-ref-format", "--branch", name] });
  return valid.exitCode === 0 ? name : "main";
}
