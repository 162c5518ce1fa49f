import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../bootstrap/paths.mjs";

/**
 * Copies what is tracked, or would be, as it is now; or as the last commit has it. Dependencies are links to the
 * installed ones; the workspaces' own packages are those of the copy.
 */
export function copyTree(target: string, state: "working" | "committed"): void {
  mkdirSync(target, { recursive: true });
  if (state === "committed") {
    const archive = execFileSync("git", ["archive", "HEAD"], { cwd: root, maxBuffer: 1024 ** 3 });
    execFileSync("tar", ["-x"], { cwd: target, input: archive });
  } else copySources(target);
  linkModules(join(root, "node_modules"), join(target, "node_modules"));
}

function copySources(target: string): void {
  for (const path of sourcePaths()) {
    const from = join(root, path);
    const to = join(target, path);
    mkdirSync(dirname(to), { recursive: true });
    if (lstatSync(from).isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else copyFileSync(from, to);
  }
}

function sourcePaths(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split("\0"))].filter((path) => path !== "" && existsSync(join(root, path)));
}

function linkModules(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name === "@phasegate") copyLinks(join(from, name), join(to, name));
    // Caches of tools are each tree's own.
    else if (name === ".bin" || !name.startsWith(".")) symlinkSync(join(from, name), join(to, name));
  }
}

/** Links that lead to `../../packages`, which are the copy's in a copy. */
function copyLinks(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) symlinkSync(readlinkSync(join(from, name)), join(to, name));
}
