import type { Ledger } from "@phasegate/ledger";
import { PhasegateError } from "@phasegate/wire";

/**
 * The position that a reader goes on from; without one, the present. Throws `invalid_request` for one that the ledger has
 * not come to: its reader knows another ledger, or this one from before a restore, and would miss what happens until then.
 */
export async function beginAfter(ledger: Pick<Ledger, "lastPosition">, asked: number | null): Promise<number> {
  const last = await ledger.lastPosition();
  if (asked === null || asked <= last) return asked ?? last;
  const message = `no event has the position \`${asked}\` yet: the last is \`${last}\``;
  throw new PhasegateError("invalid_request", message, {
    findings: [{ place: "/query/after", message: `must be 0..${last}` }],
    hint: "read again from a position before; a ledger that was restored from a backup goes on from there",
  });
}
