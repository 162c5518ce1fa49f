import type { TaskState, TestNamesState } from "@phasegate/engine";
import { type EventData, type EvidenceFacts, type RedIdentity, taskStream } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";

const pageSize = 1_000;

/** Most lists of red tests that are looked into, the newest. */
const maxLists = 50;

/**
 * What was red when earlier stays of this task ended, and was undone by a rework since: what tests hold now is compared
 * with it. A list that is no longer kept is left out, for it opens no gate.
 */
export async function earlierReds(
  context: ServerContext,
  task: TaskState,
): Promise<NonNullable<EvidenceFacts["earlierReds"]>> {
  // The first stay that can have undone another is the third.
  if (task.entry < 3) return [];
  const inForce = new Set(task.redIdentities.map(keyOf));
  const found = new Map<string, TestNamesState>();
  for (let after = 0; ;) {
    const page = await context.ledger.readStream(taskStream(task.id), { afterVersion: after, limit: pageSize });
    for (const event of page) {
      if (event.type !== "task.transitioned") continue;
      const { red = [] } = event.data as EventData<"task.transitioned">;
      for (const one of red as TestNamesState[]) found.set(keyOf(one), one);
    }
    if (page.length < pageSize) break;
    after = page.at(-1)!.version;
  }
  const reds: (RedIdentity & { readonly phase: string })[] = [];
  for (const [key, { phase, digest }] of [...found].slice(-maxLists)) {
    if (inForce.has(key)) continue;
    const payload = await context.ledger.getPayload(digest);
    if (payload?.state !== "kept") continue;
    for (const red of payload.body as unknown as RedIdentity[]) reds.push({ ...red, phase });
  }
  return reds;
}

function keyOf({ phase, entry }: TestNamesState): string {
  return `${String(entry)} ${phase}`;
}
