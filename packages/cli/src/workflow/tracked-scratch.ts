import { execFileSync } from "node:child_process";
import type { RuleReference } from "@phasegate/wire";
import { compileWorkflow, type Diagnostic, type StoredWorkflow } from "@phasegate/workflow";

const maxListBytes = 64 * 1024 * 1024;

/**
 * The warning that git tracks files in scratch folders: no change to them reaches a tree, a commit or an evidence run.
 * Null when there are none, or no repository that could tell.
 */
export function trackedScratch(root: string, file: string, stored: StoredWorkflow): Diagnostic | null {
  const workflow = compileWorkflow(stored);
  const [first, ...others] = trackedFiles(root).filter((path) => workflow.isScratch(path));
  if (first === undefined) return null;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return {
    severity: "warning",
    code: "tracked-scratch",
    message: `\`${first}\`${more} tracked in scratch folders: what a task changes there is in no tree, no commit and no evidence run, which see the base's content`,
    hint: "move what is source elsewhere, stop tracking what is generated, or list `workspace.scratch` without the folder",
    place: `${file}:1:1` as RuleReference,
  };
}

function trackedFiles(root: string): readonly string[] {
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
