import type { JsonObject, SyncRequest } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { requireTaskId } from "./access.ts";
import { decideOrThrow } from "./hold.ts";
import { mergedRed } from "./merged-red.ts";
import { workspaceKey } from "./workspace-key.ts";

const conflictHint =
  "nothing was merged: let the holder write into these files what the base has in the lines that both changed, in a phase " +
  "that may write them, exactly so and without the task's own change, sync again, and then make that change anew; what an " +
  "earlier phase wrote is mended there, and synced in the phase after it. What the " +
  "task added in the same place, as a test at the end of a file, can go into a file of its own until then";

/** Merges the base as it is now into the task, and records why. Conflicts are a normal answer and leave the tree as it was. */
export async function syncTask(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  { base: ref, reason }: SyncRequest,
): Promise<JsonObject> {
  const task = await context.tasks.require(requireTaskId(taskId));
  const workflow = await context.tasks.workflowOf(task);
  const unmerged = { base: task.base, baseTree: task.baseTree, entryTree: task.entryTree, tree: task.entryTree };
  const frozenTrees = task.freezes.map((freeze) => freeze.tree);
  // A task that may not be synced now is refused before its workspace is touched.
  const { decision } = await context.tasks.preview(task.id, caller, { type: "sync", ...unmerged, frozenTrees }, {});
  if (decision.effect !== "allow")
    await decideOrThrow(context, caller, task, { type: "sync", ...unmerged, frozenTrees });
  const merged = await context.runner.sync({
    task: workspaceKey(context, task, workflow),
    ref: ref ?? task.base.ref,
    entryTree: task.entryTree,
    frozenTrees,
  });
  if (merged.status === "conflicts") {
    return { conflicts: [...merged.conflicts], entry: task.entry, hint: conflictHint };
  }
  const red = await mergedRed(context, task, merged);
  const { task: after } = await decideOrThrow(
    context,
    caller,
    task,
    {
      type: "sync",
      base: merged.base,
      baseTree: merged.baseTree,
      entryTree: merged.entryTree,
      tree: merged.tree,
      frozenTrees: merged.frozenTrees,
      redIdentities: red.digests,
      ...(reason === undefined ? {} : { reason }),
    },
    { payloads: red.payloads },
  );
  return { conflicts: [], entry: after.entry };
}
