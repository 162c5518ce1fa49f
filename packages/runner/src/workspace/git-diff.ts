import { optionalStringArgument } from "../tools/arguments.ts";
import { settle, ToolRefusal } from "../tools/outcome.ts";
import { treeDifference } from "./tree-difference.ts";
import type { WorkspaceTool } from "./workspace-tool.ts";

const maxDiffBytes = 256 * 1024;

/** What changed since entry to the phase, or since the base: between trees, not as the clone's git sees it. */
export const gitDiff: WorkspaceTool = {
  name: "git_diff",
  effect: "read",
  readsEveryByte: false,
  run: (args, { parts, workspace, entryTree, baseTree }) =>
    settle(async () => {
      const since = optionalStringArgument(args, "since") ?? "entry";
      if (since !== "entry" && since !== "base") {
        throw new ToolRefusal("invalid_request", "`since` must be `entry` or `base`");
      }
      const from = await parts.manifests.get(since === "entry" ? entryTree : baseTree);
      const objects = { git: parts.git, gitDir: workspace.gitDir, contents: parts.contents };
      const difference = await treeDifference(objects, from, workspace.kept, { maxBytes: maxDiffBytes });
      return {
        status: "success",
        diff: difference.text,
        changed_paths: difference.changedPaths,
        changed_paths_total: difference.changedPathsTotal,
        truncated: difference.truncated,
      };
    }),
};
