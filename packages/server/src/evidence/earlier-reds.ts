import type { TaskState, TestNamesState } from "@phasegate/engine";
import type { EvidenceFacts, RedIdentity, TreeDigest } from "@phasegate/wire";
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

/** Files whose texts are read, and bytes of them all. */
const [maxFiles, maxBytes] = [100, 1024 * 1024];

/** What files of those held that hold something else on the judged tree, by content, as far as it is kept. */
export async function earlierTexts(
  context: ServerContext,
  reds: NonNullable<EvidenceFacts["earlierReds"]>,
  tree: TreeDigest,
): Promise<NonNullable<EvidenceFacts["earlierTexts"]>> {
  if (reds.length === 0) return {};
  const entries = await context.runner.readTree(tree);
  const now = new Map(entries.map(({ path, content }) => [path, content]));
  const others = reds.flatMap(({ file, content }) =>
    file !== null && content !== null && now.has(file) && now.get(file) !== content ? [content] : [],
  );
  const texts = await context.runner.readTexts([...new Set(others)].slice(0, maxFiles));
  let bytes = 0;
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => (bytes += text.length) <= maxBytes));
}

function keyOf({ phase, entry }: TestNamesState): string {
  return `${String(entry)} ${phase}`;
}
