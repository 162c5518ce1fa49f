import type { JsonObject } from "@phasegate/wire";
import { componentsOf } from "../tools/open-file.ts";
import { settle, ToolRefusal } from "../tools/outcome.ts";
import { compareTreePaths } from "@phasegate/wire";
import type { Snapshot } from "./task-workspace.ts";
import type { WorkspaceTool } from "./workspace-tool.ts";

const maxPaths = 10_000;

/** Puts paths, and whatever lies below those that are directories, back to what they were at entry to the phase. */
export const restoreFiles: WorkspaceTool = {
  name: "restore_files",
  effect: "write",
  readsEveryByte: false,
  run: (args, context) =>
    settle(async () => {
      const entry = await context.parts.manifests.get(context.entryTree);
      const now: Snapshot = context.before ?? (await context.workspace.scan("cached"));
      const restored = new Set<string>();
      for (const asked of askedPaths(args)) {
        const path = componentsOf(asked, context.workspacePath).join("/");
        const concerned = [...entry.entries.keys(), ...now.manifest.entries.keys()].filter(
          (candidate) => path === "" || candidate === path || candidate.startsWith(`${path}/`),
        );
        if (concerned.length === 0) {
          throw new ToolRefusal("tool_failed", `\`${asked}\` is neither in the workspace nor was it at entry`, {
            hint: "name a path that git_diff lists",
          });
        }
        for (const candidate of concerned) restored.add(candidate);
      }
      const paths = [...restored].sort(compareTreePaths);
      await context.workspace.restore(now, entry, paths);
      return { status: "success", restored: paths.slice(0, maxPaths) };
    }),
};

function askedPaths(args: JsonObject): string[] {
  const paths = args["paths"];
  const texts = Array.isArray(paths) ? paths.filter((path) => typeof path === "string") : [];
  if (!Array.isArray(paths) || texts.length === 0 || texts.length !== paths.length) {
    throw new ToolRefusal("invalid_request", "`paths` must be a list of at least one path");
  }
  return texts;
}
