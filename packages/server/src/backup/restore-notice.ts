import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Ledger } from "@phasegate/ledger";
import { serverPrincipalId } from "@phasegate/wire";
import type { Clock, Ids } from "../context.ts";

export const restoreNoticeFile = "restored.json";

/** Left in a restored data directory until its first start has recorded it. */
export interface RestoreNotice {
  readonly made_at: string;
  readonly restored_at: string;
  /** Of the last event in the backup. */
  readonly position: number;
}

/** Records a restore in the ledger's stream `system`, before the first request: what came after it is lost. */
export async function recordRestore(parts: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dataDirectory: string;
}): Promise<void> {
  const file = join(parts.dataDirectory, restoreNoticeFile);
  if (!existsSync(file)) return;
  const { made_at, restored_at, position } = JSON.parse(readFileSync(file, "utf8")) as RestoreNotice;
  const append = (expectedVersion: number) =>
    parts.ledger.append({
      stream: "system",
      expectedVersion,
      origin: { principal: serverPrincipalId, agentId: null, at: new Date(parts.clock.now()).toISOString() },
      events: [{ id: parts.ids.make("event"), type: "ledger.restored", data: { made_at, restored_at, position } }],
    });
  const first = await append(0);
  if (first.status === "conflict") await append(first.actualVersion);
  rmSync(file);
}
