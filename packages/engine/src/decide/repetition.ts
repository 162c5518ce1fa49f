import type { RequestTransition } from "../commands.ts";
import type { Situation } from "./situation.ts";

/** How long the answer of a transition can be asked for again. */
const repeatableForMs = 10 * 60 * 1_000;

/**
 * True for the last transition asked for again with the token that it consumed, by the principal that it was granted
 * to, before anything was done in the new epoch: its answer was lost on the way, and is given again.
 */
export function isRepetition({ task, context }: Situation, command: RequestTransition): boolean {
  const last = task.lastTransition;
  if (!last || last.used || command.newTokenUsed === true || last.epoch !== task.epoch) return false;
  const to = last.kind === "complete" ? null : last.to;
  return (
    command.token.taskId === task.id &&
    command.token.tokenId === last.consumedTokenId &&
    command.token.subject === context.principal.id &&
    command.token.phase === last.from &&
    command.currentPhase === last.from &&
    command.targetPhase === to &&
    context.now - Date.parse(last.at) <= repeatableForMs
  );
}
