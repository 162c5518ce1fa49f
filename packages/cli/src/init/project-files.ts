import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure, exitCodes } from "../failure.ts";

/** What of a repository `init` looks at. */
export interface ProjectFiles {
  /** Paths from the root, of files that git tracks or would. */
  readonly paths: readonly string[];
  /** Text of a file; null when it is not there. */
  read(path: string): string | null;
}

export interface Repository extends ProjectFiles {
  readonly root: string;
  /** Null: no branch is checked out. */
  readonly branch: string | null;
  readonly hasCommit: boolean;
}

const maxListBytes = 64 * 1024 * 1024;

/** The repository that a folder is in. Fails with what to type when there is none. */
export function openRepository(directory: string): Repository {
  const root = git(directory, "rev-parse", "--show-toplevel")?.trim();
  if (!root) {
    throw new CommandFailure(exitCodes.refused, `\`${directory}\` is in no git repository`, {
      hint: "type `git init`, or go to the repository; every task works in a clone of it",
    });
  }
  const paths = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard") ?? "";
  return {
    root,
    branch: git(root, "symbolic-ref", "--quiet", "--short", "HEAD")?.trim() ?? null,
    hasCommit: git(root, "rev-parse", "--quiet", "--verify", "HEAD") !== null,
    paths: paths.split("\0").filter((path) => path !== ""),
    read: (path) => {
      try {
        return readFileSync(join(root, path), "utf8");
      } catch {
        return null;
      }
    },
  };
}

function git(directory: string, ...args: string[]): string | null {
  try {
    return execFileSync("git", ["-C", directory, ...args], {
      encoding: "utf8",
      maxBuffer: maxListBytes,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return null;
  }
}
