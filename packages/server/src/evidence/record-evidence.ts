import type { RecordEvidence } from "@phasegate/engine";
import type { KeptPayload } from "@phasegate/ledger";
import { PhasegateError } from "@phasegate/wire";
import type { TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { serverCaller } from "../server-caller.ts";

type Recorded = Omit<RecordEvidence, "type" | "resultDigest"> & { readonly payload: KeptPayload };

/** Writes a run that ended into the task's ledger, its body beside it. No gate counts what is not recorded so. */
export async function recordEvidence(context: ServerContext, taskId: TaskId, recorded: Recorded): Promise<void> {
  const { payload, ...evidence } = recorded;
  const { decision } = await context.tasks.decide({
    taskId,
    caller: serverCaller(),
    command: { type: "record_evidence", ...evidence, resultDigest: payload.digest },
    facts: {},
    payloads: [payload],
  });
  const reason = decision.reasons[0];
  if (decision.effect !== "allow") {
    throw reason
      ? PhasegateError.fromReason(reason)
      : new PhasegateError("internal_error", "evidence was refused without a reason");
  }
}
