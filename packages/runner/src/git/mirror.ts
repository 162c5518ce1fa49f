import { createHash } from "node:crypto";
import { mkdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { PhasegateError } from "@phasegate/wire";
import { firstLine, type Git } from "./git.ts";

export interface PinnedCommit {
  readonly ref: string;
  readonly commit: string;
}

const commitPattern = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * A bare copy of the history of the bases that tasks were made from, and nothing else: task clones borrow its
 * objects, so no task's own objects may ever be written here.
 */
export class Mirror {
  readonly #git: Git;
  readonly #sourceGitDir: string;
  readonly gitDir: string;
  /** Git refuses a ref that another git is writing: one at a time writes here and in the user's repository. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(git: Git, sourceGitDir: string, gitDir: string) {
    this.#git = git;
    this.#sourceGitDir = sourceGitDir;
    this.gitDir = gitDir;
  }

  /** Opens the mirror of the repository at `repository`, making it if it is not there. */
  static async open(git: Git, repository: string, mirrorsDirectory: string): Promise<Mirror> {
    const sourceGitDir = await locateGitDirectory(git, repository);
    const name = createHash("sha256").update(sourceGitDir).digest("hex").slice(0, 24);
    const gitDir = path.join(mirrorsDirectory, `${name}.git`);
    await mkdir(mirrorsDirectory, { recursive: true, mode: 0o700 });
    const format = await git.text({ gitDir: sourceGitDir, args: ["rev-parse", "--show-object-format"] });
    await git.run({ args: ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, gitDir] });
    return new Mirror(git, sourceGitDir, gitDir);
  }

  get objectsDirectory(): string {
    return path.join(this.gitDir, "objects");
  }

  /** The commit that `ref` names in the user's repository now, its history copied here. */
  async pin(ref: string | null): Promise<PinnedCommit> {
    const name = ref ?? (await this.#currentBranch());
    const commit = await this.#resolve(name);
    await this.ensure(commit);
    return { ref: name, commit };
  }

  /** Makes sure that a commit that was pinned before is still here. */
  async ensure(commit: string): Promise<void> {
    await this.#inTurn(() => this.#bring(commit));
  }

  /**
   * Publishes a commit of `taskGitDir` as a branch of the user's repository. No other ref, no index and no work
   * tree is touched, and none of the repository's hooks runs.
   */
  async publish(taskGitDir: string, commit: string, branch: string): Promise<void> {
    const args = [
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--no-recurse-submodules",
      "--no-auto-maintenance",
      "--refmap=",
      taskGitDir,
      `+${commit}:refs/heads/${branch}`,
    ];
    await this.#inTurn(() => this.#git.run({ gitDir: this.#sourceGitDir, args }));
  }

  #inTurn<Result>(use: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(use, use);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #currentBranch(): Promise<string> {
    const head = await this.#git.attempt({
      gitDir: this.#sourceGitDir,
      args: ["symbolic-ref", "--quiet", "--short", "HEAD"],
    });
    return head.exitCode === 0 ? head.stdout.toString("utf8").trim() : "HEAD";
  }

  async #resolve(ref: string): Promise<string> {
    const found = await this.#git.attempt({
      gitDir: this.#sourceGitDir,
      args: ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
    });
    const commit = found.stdout.toString("utf8").trim();
    if (found.exitCode === 0 && commitPattern.test(commit)) return commit;
    const any = await this.#git.attempt({
      gitDir: this.#sourceGitDir,
      args: ["for-each-ref", "--count=1", "--format=%(objectname)"],
    });
    const empty = any.stdout.length === 0;
    throw new PhasegateError(
      "workspace_unavailable",
      empty
        ? `repository \`${this.#sourceGitDir}\` has no commits yet`
        : `repository \`${this.#sourceGitDir}\` has no commit under \`${ref}\``,
      { hint: empty ? "make a first commit, then create the task again" : "name a branch, tag or commit that exists" },
    );
  }

  async #bring(commit: string): Promise<void> {
    const keep = `refs/phasegate/bases/${commit}`;
    const here = await this.#git.attempt({ gitDir: this.gitDir, args: ["rev-parse", "--verify", "--quiet", keep] });
    if (here.exitCode === 0) return;
    await this.#git.run({
      gitDir: this.gitDir,
      timeoutMs: 600_000,
      args: [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-recurse-submodules",
        "--no-auto-maintenance",
        "--update-shallow",
        this.#sourceGitDir,
        `+${commit}:${keep}`,
      ],
    });
  }
}

async function locateGitDirectory(git: Git, repository: string): Promise<string> {
  const hint = "set `workspace.repository` to the path of a git repository";
  const directory = await realpath(repository).catch(() => null);
  if (directory === null || !(await stat(directory)).isDirectory()) {
    throw new PhasegateError("workspace_unavailable", `repository \`${repository}\` was not found`, { hint });
  }
  const found = await git.attempt({ args: ["-C", directory, "rev-parse", "--git-common-dir"] });
  if (found.exitCode !== 0) {
    const said = firstLine(found.stderr);
    throw new PhasegateError("workspace_unavailable", `\`${repository}\` is no git repository: ${said}`, { hint });
  }
  return await realpath(path.resolve(directory, found.stdout.toString("utf8").trim()));
}
