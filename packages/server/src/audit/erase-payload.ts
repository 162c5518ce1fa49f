import { type Digest, parseDigest, PhasegateError, type PrincipalId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";

/** Erases one body for good: who and why are in the ledger first. Throws `not_found` when no such body is kept. */
export async function erasePayload(
  context: Pick<ServerContext, "ledger" | "system" | "ids" | "metrics">,
  by: PrincipalId,
  request: { readonly digest: string; readonly reason: string },
): Promise<Digest> {
  const digest = parseDigest(request.digest);
  const payload = digest === null ? null : await context.ledger.getPayload(digest);
  if (digest === null || payload?.state !== "kept") {
    throw new PhasegateError("not_found", `no body is kept under \`${request.digest.slice(0, 80)}\``, {
      hint: "the digests of a call's bodies are in its event: phasegate events --json",
    });
  }
  const id = context.ids.make("event");
  await context.system.append([{ id, type: "payload.erased", data: { digest, reason: request.reason } }], by);
  if (await context.ledger.erasePayload(digest)) context.metrics.erased("request");
  return digest;
}
