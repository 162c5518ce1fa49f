import { closeSync, constants, fstatSync, openSync, readlinkSync, type Stats } from "node:fs";
import { sandboxWorkspacePath } from "../sandbox/sandbox.ts";
import { entryOf } from "../tree/descriptor.ts";
import { ToolRefusal } from "./outcome.ts";
import { parseWorkspacePath, resolveDots } from "./workspace-path.ts";

/** Links that one path may lead through. */
const maxLinks = 40;
export const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
export const fileFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** An open file, and what it is called after all links. The holder closes it. */
export interface OpenFile {
  readonly descriptor: number;
  readonly path: string;
  readonly stats: Stats;
}

/** The components of a path that a tool may look at, or a refusal. `.git` is the agent's through git alone. */
export function componentsOf(path: string, workspacePath: string): readonly string[] {
  const parsed = parseWorkspacePath(path, workspacePath);
  if (parsed.status === "refused") {
    throw new ToolRefusal(parsed.code, parsed.message, {
      hint: "name a path relative to the workspace, or below `/workspace`",
    });
  }
  return parsed.components;
}

/**
 * Opens a file or directory for reading, one component at a time, each by the descriptor of the one before and never
 * through a link by the kernel: links are read and resolved here, so that one swapped meanwhile leads nowhere else.
 * Refuses what is outside the workspace, below `.git`, or neither a regular file nor a directory.
 */
export function openForReading(path: string, workspacePath: string): OpenFile {
  let components = [...componentsOf(path, workspacePath)];
  for (let links = 0; links <= maxLinks; links += 1) {
    refuseGit(components);
    const step = walk(components, workspacePath, path);
    if (step.kind === "open") return refuseSpecial({ ...step.file, path: components.join("/") }, path);
    const target = linkTarget(step, workspacePath);
    if (target === null) {
      throw new ToolRefusal("path_outside_workspace", `\`${path}\` leads through a link out of the workspace`);
    }
    components = target;
  }
  throw new ToolRefusal("tool_failed", `\`${path}\` leads through more than ${String(maxLinks)} links`);
}

type Step =
  | { readonly kind: "open"; readonly file: { readonly descriptor: number; readonly stats: Stats } }
  | { readonly kind: "link"; readonly before: string[]; readonly target: string; readonly after: string[] };

function walk(components: readonly string[], workspacePath: string, asked: string): Step {
  let directory = openSync(workspacePath, directoryFlags);
  let isHeld = true;
  try {
    for (const [index, component] of components.entries()) {
      const isLast = index === components.length - 1;
      const child = entryOf(directory, component);
      const opened = openChild(child, isLast ? fileFlags : directoryFlags, asked);
      if (opened === "link_or_no_directory") {
        return {
          kind: "link",
          before: components.slice(0, index),
          target: readLink(child, asked),
          after: components.slice(index + 1),
        };
      }
      closeSync(directory);
      directory = opened;
    }
    isHeld = false;
    return { kind: "open", file: { descriptor: directory, stats: fstatSync(directory) } };
  } finally {
    if (isHeld) closeSync(directory);
  }
}

function openChild(child: string, flags: number, asked: string): number | "link_or_no_directory" {
  try {
    return openSync(child, flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "ENOTDIR") return "link_or_no_directory";
    throw failedToOpen(error, asked);
  }
}

function readLink(child: string, asked: string): string {
  try {
    return readlinkSync(child);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EINVAL") {
      throw new ToolRefusal("tool_failed", `a component of \`${asked}\` is not a directory`);
    }
    throw failedToOpen(error, asked);
  }
}

function linkTarget(link: Step & { kind: "link" }, workspacePath: string): string[] | null {
  if (!link.target.startsWith("/")) return resolveDots([...link.before, link.target, ...link.after].join("/"));
  for (const root of [sandboxWorkspacePath, workspacePath]) {
    if (link.target === root || link.target.startsWith(`${root}/`)) {
      return resolveDots([link.target.slice(root.length + 1), ...link.after].join("/"));
    }
  }
  return null;
}

/** Refuses a path that leads below a `.git`, in any case of letters. */
export function refuseGit(components: readonly string[]): void {
  if (!components.some(isGitName)) return;
  throw new ToolRefusal("path_protected", "file tools do not reach below `.git`", {
    hint: "use git_diff, or git itself through bash",
  });
}

export function isGitName(component: string): boolean {
  return component.toLowerCase() === ".git";
}

function refuseSpecial(file: OpenFile, asked: string): OpenFile {
  if (file.stats.isFile() || file.stats.isDirectory()) return file;
  closeSync(file.descriptor);
  throw new ToolRefusal("tool_failed", `\`${asked}\` is not a regular file`);
}

/** The refusal that says what the system said; what is no answer to an agent is thrown on. */
export function failedToOpen(error: unknown, asked: string): ToolRefusal {
  const { code } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: `there is no \`${asked}\``,
    EACCES: `\`${asked}\` cannot be read: permission denied`,
    ENXIO: `\`${asked}\` is not a regular file`,
    ENODEV: `\`${asked}\` is not a regular file`,
    EISDIR: `\`${asked}\` is a directory`,
    ENAMETOOLONG: `\`${asked}\` is too long a path`,
  };
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined) throw error;
  return new ToolRefusal("tool_failed", reason);
}
