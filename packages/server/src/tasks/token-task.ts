import { wrongTask } from "@phasegate/engine";
import type { TaskState, TokenClaims } from "@phasegate/engine";
import { PhasegateError, parseId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { findVisibleTask, missingToken } from "./access.ts";
import { recordRefusal } from "./refusal.ts";

export interface TokenTask {
  readonly task: TaskState;
  readonly token: TokenClaims;
}

/**
 * The task that a call with a phase token is on, and the claims of the token. Where the caller may not see a task of that
 * id, the token alone is judged, so that the answer is the same whether or not there is one; what is then worth a record
 * goes to the task of the token, never to the one that was asked for.
 */
export async function requireTokenTask(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  phaseToken: string | null,
  command: string,
): Promise<TokenTask> {
  const seen = await findVisibleTask(context, caller, taskId);
  if (seen) return { task: seen, token: await verifyToken(context, caller, seen, phaseToken, command) };
  if (phaseToken === null || phaseToken === "") throw missingToken();
  const token = await context.tokens.verify(phaseToken);
  // Somebody else's token of this very task: it says itself that the task exists, and the engine refuses it.
  if (token.taskId === parseId("task", taskId)) return { task: await context.tasks.require(token.taskId), token };
  const refusal = PhasegateError.fromReason(wrongTask(taskId));
  const own = token.subject === caller.principal.id ? await context.tasks.load(token.taskId) : null;
  if (own) await recordRefusal(context, caller, own, command, refusal);
  throw refusal;
}

/** The claims of a token whose signature and times hold. A bad one on an existing task is recorded, then thrown. */
async function verifyToken(
  context: ServerContext,
  caller: Caller,
  task: TaskState,
  phaseToken: string | null,
  command: string,
): Promise<TokenClaims> {
  try {
    if (phaseToken === null || phaseToken === "") throw missingToken();
    return await context.tokens.verify(phaseToken);
  } catch (error) {
    if (error instanceof PhasegateError) await recordRefusal(context, caller, task, command, error);
    throw error;
  }
}
