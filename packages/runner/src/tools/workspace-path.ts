import { sandboxWorkspacePath } from "../sandbox/sandbox.ts";

/** A path as an agent wrote it, brought to components below the workspace; or why it is none. */
export type WorkspacePath =
  | { readonly status: "inside"; readonly path: string; readonly components: readonly string[] }
  | {
      readonly status: "refused";
      readonly code: "path_outside_workspace" | "path_invalid";
      readonly message: string;
    };

const maxPathBytes = 4096;
const maxComponentBytes = 255;

/**
 * Reads a path as an agent writes it: relative to the workspace, or absolute below `/workspace` or the workspace's
 * host path. `.` and `..` are resolved as text, before any link is looked at, and never leave the workspace.
 * Letters are taken as they are: no case folding, no Unicode normalisation.
 */
export function parseWorkspacePath(path: string, workspacePath: string): WorkspacePath {
  const invalid = whyInvalid(path);
  if (invalid !== null) return { status: "refused", code: "path_invalid", message: invalid };
  const relative = path.startsWith("/") ? belowRoot(path, [sandboxWorkspacePath, workspacePath]) : path;
  const components = relative === null ? null : resolveDots(relative);
  if (components === null) {
    return {
      status: "refused",
      code: "path_outside_workspace",
      message: `\`${shown(path)}\` is outside the workspace`,
    };
  }
  const tooLong = components.find((component) => Buffer.byteLength(component) > maxComponentBytes);
  if (tooLong !== undefined) {
    return {
      status: "refused",
      code: "path_invalid",
      message: `a component of the path is longer than ${String(maxComponentBytes)} bytes`,
    };
  }
  return { status: "inside", path: components.join("/"), components };
}

function whyInvalid(path: string): string | null {
  if (path === "") return "the path is empty";
  if (path.includes("\0")) return "the path holds a NUL";
  if (!path.isWellFormed()) return "the path is not Unicode text";
  if (Buffer.byteLength(path) > maxPathBytes) return `the path is longer than ${String(maxPathBytes)} bytes`;
  return null;
}

function belowRoot(path: string, roots: readonly string[]): string | null {
  for (const root of roots) {
    if (path === root) return "";
    if (path.startsWith(`${root}/`)) return path.slice(root.length + 1);
  }
  return null;
}

/** Null where a `..` leads above the start. */
export function resolveDots(path: string): string[] | null {
  const components: string[] = [];
  for (const component of path.split("/")) {
    if (component === "" || component === ".") continue;
    if (component !== "..") components.push(component);
    else if (components.pop() === undefined) return null;
  }
  return components;
}

function shown(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 200)}...`;
}
