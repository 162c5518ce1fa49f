import type { TaskState } from "@phasegate/engine";
import type { AppendBatch } from "@phasegate/ledger";
import type { SyncOutcome } from "@phasegate/runner";
import { PhasegateError, digestJson } from "@phasegate/wire";
import type { Digest, JsonValue, RedIdentity, TreeDigest } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";

/**
 * The red tests of a task on the files that a merge made of them: a base that moved is no weakening. Each list goes by
 * the tree that its phase froze, or by the workspace where it froze none. A file that had changed since it was red
 * stays what it was then: a merge makes no weakened test the one that has to pass.
 */
export async function mergedRed(
  context: ServerContext,
  task: TaskState,
  merged: Extract<SyncOutcome, { status: "merged" }>,
): Promise<{ readonly digests: Digest[]; readonly payloads: NonNullable<AppendBatch["payloads"]> }> {
  const payloads: { digest: Digest; body: JsonValue }[] = [];
  for (const kept of task.redIdentities) {
    const payload = await context.ledger.getPayload(kept.digest);
    if (payload?.state !== "kept") {
      throw new PhasegateError("version_conflict", "the red tests of this task are no longer kept", {
        hint: "go back to the phase that wrote them, and sync there",
      });
    }
    const frozen = task.freezes.findIndex((freeze) => freeze.phase === kept.phase && freeze.entry === kept.entry);
    const before = await contentsOf(context, task.freezes[frozen]?.tree ?? merged.treeBefore);
    const after = await contentsOf(context, merged.frozenTrees[frozen] ?? merged.tree);
    const body = (payload.body as unknown as RedIdentity[]).map((red) => {
      if (red.file === null || before.get(red.file) !== red.content) return red;
      return { ...red, content: after.get(red.file) ?? red.content };
    });
    payloads.push({ digest: digestJson(body), body: body as unknown as JsonValue });
  }
  return { digests: payloads.map(({ digest }) => digest), payloads };
}

async function contentsOf(context: ServerContext, tree: TreeDigest): Promise<ReadonlyMap<string, string>> {
  const entries = await context.runner.readTree(tree);
  return new Map(entries.map((entry) => [entry.path, entry.content]));
}
