import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { serverPrincipalId } from "@phasegate/wire";
import type { Ids } from "../context.ts";
import type { SystemStream } from "../events/system-stream.ts";

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
  readonly system: SystemStream;
  readonly ids: Ids;
  readonly dataDirectory: string;
}): Promise<void> {
  const file = join(parts.dataDirectory, restoreNoticeFile);
  if (!existsSync(file)) return;
  const { made_at, restored_at, position } = JSON.parse(readFileSync(file, "utf8")) as RestoreNotice;
  const id = parts.ids.make("event");
  const data = { made_at, restored_at, position };
  await parts.system.append([{ id, type: "ledger.restored", data }], serverPrincipalId);
  rmSync(file);
}
