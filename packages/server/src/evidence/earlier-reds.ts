import type { TaskState, TestNamesState } from "@phasegate/engine";
import type { EvidenceFacts, RedIdentity } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";

/**
 * What was red when earlier stays of this task ended, and was undone by a rework since: what tests hold now is compared
 * with it. A list that is no longer kept is left out, for it opens no gate.
 */
export async function earlierReds(
  context: ServerContext,
  task: TaskState,
): Promise<NonNullable<EvidenceFacts["earlierReds"]>> {
  const inForce = new Set(task.redIdentities.map(keyOf));
  const reds: (RedIdentity & { readonly phase: string })[] = [];
  for (const one of task.redsEver) {
    if (inForce.has(keyOf(one))) continue;
    const payload = await context.ledger.getPayload(one.digest);
    if (payload?.state !== "kept") continue;
    for (const red of payload.body as unknown as RedIdentity[]) reds.push({ ...red, phase: one.phase });
  }
  return reds;
}

function keyOf({ phase, entry }: TestNamesState): string {
  return `${String(entry)} ${phase}`;
}
