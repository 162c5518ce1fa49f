import type { JsonObject } from "@phasegate/wire";
import { sandboxWorkspacePath } from "../../sandbox/sandbox.ts";
import { compilePattern } from "./glob-pattern.ts";
import { visitFiles } from "./walk.ts";

export interface GlobRequest {
  readonly kind: "glob";
  readonly workspacePath: string;
  readonly pattern: string;
  readonly path: string;
}

const maxFiles = 10_000;

/**
 * Lists files and links whose path below `path` matches, dot files included, by name. `total` counts all of them,
 * `files` holds at most 10,000, each relative to the workspace.
 */
export function globFiles(request: GlobRequest): JsonObject {
  const isMatch = compilePattern(relativePattern(request.pattern, request.workspacePath));
  const files: string[] = [];
  let total = 0;
  visitFiles(request.path, request.workspacePath, (file) => {
    if (!isMatch(file.pathFromStart)) return;
    total += 1;
    if (files.length < maxFiles) files.push(file.path);
  });
  return { status: "success", files, total };
}

function relativePattern(pattern: string, workspacePath: string): string {
  for (const prefix of [`${sandboxWorkspacePath}/`, `${workspacePath}/`, "./"]) {
    if (pattern.startsWith(prefix)) return pattern.slice(prefix.length);
  }
  return pattern;
}
