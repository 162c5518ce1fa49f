import type { TaskState } from "@phasegate/engine";
import { type DiffQuery, type JsonObject, type JsonValue, PhasegateError } from "@phasegate/wire";
import type { TreeDifferenceText } from "@phasegate/runner";
import { unreadableCode } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";
import { workspaceKey } from "./workspace-key.ts";

const maxDiffBytes = 1024 * 1024;

/** The latest submission of each artifact type, with its body unless an operator erased it. */
export async function listArtifacts(context: ServerContext, task: TaskState): Promise<JsonObject> {
  const artifacts: JsonValue[] = [];
  for (const [type, artifact] of Object.entries(task.artifacts)) {
    const payload = await context.ledger.getPayload(artifact.digest);
    artifacts.push({
      type,
      digest: artifact.digest,
      phase: artifact.phase,
      entry: artifact.entry,
      submitted_by: artifact.by,
      approved: artifact.approved ? { gate: artifact.approved.gate, by: [...artifact.approved.by] } : null,
      replaces: artifact.replaced ? { ...artifact.replaced } : null,
      state: payload?.state ?? "absent",
      ...(payload?.state === "kept" ? { data: payload.body } : {}),
    });
  }
  return { artifacts };
}

/**
 * The difference for people, from the tree at entry or from the base: a page of the changed files, all or those of one
 * path, every one named and each with its share of the text.
 */
export async function readDiff(context: ServerContext, task: TaskState, query: DiffQuery): Promise<JsonObject> {
  const workflow = await context.tasks.workflowOf(task);
  const since = query.since ?? "entry";
  const diff = await context.runner.diff({
    task: workspaceKey(context, task, workflow),
    since: since === "entry" ? task.entryTree : task.baseTree,
    maxBytes: maxDiffBytes,
    ...(query.path === undefined ? {} : { path: query.path }),
    ...(query.cursor === undefined ? {} : { offset: offsetOf(query.cursor) }),
    ...(query.limit === undefined ? {} : { limit: query.limit }),
  });
  return { since, diff: diff.text, truncated: diff.truncated, ...changedPaths(diff) };
}

/** What changed, and what of it the text of the difference does not show. */
export function changedPaths(diff: TreeDifferenceText): JsonObject {
  return {
    changed_paths: diff.changedPaths,
    changed_paths_total: diff.changedPathsTotal,
    next_cursor: diff.nextOffset === null ? null : String(diff.nextOffset),
    cut_paths: diff.cutPaths,
    unreadable_code: unreadableFiles(diff),
  };
}

function offsetOf(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new PhasegateError("invalid_request", "`cursor` is none of this list", {
    hint: "use `next_cursor` of the page before, as it is",
  });
}

/** Most files of code that nobody can read that an answer names. */
const maxUnreadable = 1_000;

/** Changed files with code that the difference does not show: path, size and kind of each. */
function unreadableFiles({ changes, samples }: Pick<TreeDifferenceText, "changes" | "samples">): JsonObject[] {
  return unreadableCode(changes, samples)
    .slice(0, maxUnreadable)
    .map(({ path, size, kind }) => ({ path, size, kind }));
}
