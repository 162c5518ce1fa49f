import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, serverPrincipalId } from "@phasegate/wire";
import { erasePayload } from "../audit/erase-payload.ts";
import type { ServerContext } from "../context.ts";

export const restoreNoticeFile = "restored.json";

/** Left in a restored data directory until its first start has recorded it. */
export interface RestoreNotice {
  readonly made_at: string;
  readonly restored_at: string;
  /** Of the last event in the backup. */
  readonly position: number;
  /** Bodies that were erased for good after the backup was made; null when nobody said. */
  readonly erased: readonly { readonly digest: Digest; readonly reason: string }[] | null;
}

type RestoreContext = Pick<ServerContext, "ledger" | "system" | "ids" | "metrics" | "log">;

/**
 * Records a restore in the ledger's stream `system`, before the first request: what came after it is lost. Bodies that
 * were erased since are erased again; where nobody said which, event and log say so. Answers whether there was one.
 */
export async function recordRestore(context: RestoreContext, dataDirectory: string): Promise<boolean> {
  const file = join(dataDirectory, restoreNoticeFile);
  if (!existsSync(file)) return false;
  const { made_at, restored_at, position, erased } = JSON.parse(readFileSync(file, "utf8")) as RestoreNotice;
  const again = erased === null ? null : await keptAmong(context, erased);
  const data = { made_at, restored_at, position, erased_again: again?.length ?? null };
  await context.system.append([{ id: context.ids.make("event"), type: "ledger.restored", data }], serverPrincipalId);
  for (const { digest, reason } of again ?? []) {
    await erasePayload(context, serverPrincipalId, { digest, reason: `${reason} (again, after a restore)` });
  }
  if (again === null) {
    const text = "whatever was erased after the backup was made is here again: nobody said what it was";
    context.log.warn({ made_at, position }, text);
  }
  rmSync(file);
  return true;
}

async function keptAmong(
  { ledger }: RestoreContext,
  erased: NonNullable<RestoreNotice["erased"]>,
): Promise<NonNullable<RestoreNotice["erased"]>> {
  const kept = [];
  for (const one of erased) if ((await ledger.getPayload(one.digest))?.state === "kept") kept.push(one);
  return kept;
}
