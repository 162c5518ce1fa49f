import type { TaskState } from "@phasegate/engine";
import { PhasegateError } from "@phasegate/wire";
import type { TokenId } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { TokenMint } from "../http/route.ts";

/** A token for the task's present phase and epoch, in the name of its holder, minted just before the answer leaves. */
export function tokenMint(
  task: TaskState,
  workflow: CompiledWorkflow,
  tokenId: TokenId,
  member: TokenMint["member"],
): TokenMint {
  const phase = workflow.phases.get(task.phase);
  if (!task.holder || !phase) throw new PhasegateError("internal_error", "a token was asked for a task without holder");
  return {
    member,
    expiresAtMember: "expires_at",
    claims: {
      tokenId,
      taskId: task.id,
      subject: task.holder.principal,
      phase: task.phase,
      epoch: task.epoch,
      allowedTools: phase.allowedTools,
      expirySeconds: workflow.normalized.tokens.expirySeconds,
    },
  };
}
