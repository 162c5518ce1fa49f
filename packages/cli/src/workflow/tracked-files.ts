import { execFileSync } from "node:child_process";

const maxListBytes = 64 * 1024 * 1024;

/** What git tracks in the repository; none where there is no repository. */
export function trackedFiles(root: string): readonly string[] {
  try {
    const listed = execFileSync("git", ["-C", root, "ls-files", "-z"], {
      encoding: "utf8",
      maxBuffer: maxListBytes,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return listed.split("\0").filter((path) => path !== "");
  } catch {
    return [];
  }
}
