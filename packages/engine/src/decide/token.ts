import { isTerminal, type Reason } from "@phasegate/wire";
import type { TokenClaims } from "../commands.ts";
import { isHolder, type Situation } from "./situation.ts";

const promisedDetail = "Invalid or expired phase token";

/** What a token of another task is refused with, whether or not there is a task of the id that was asked for. */
export function wrongTask(askedFor: string): Reason {
  return {
    code: "token_wrong_task",
    message: "Token task_id does not match request task_id",
    hint: `send the token that a claim of \`${askedFor}\` answered`,
  };
}

/**
 * Why a token whose signature and times hold is dead all the same; null when it lives. The state is the authority:
 * a token lives while its task, its holder and its epoch are those of the state, and not a moment longer.
 */
export function judgeToken(situation: Situation, token: TokenClaims): Reason | null {
  const { task, phase, context } = situation;
  if (token.taskId !== task.id) {
    return wrongTask(task.id);
  }
  if (token.subject !== context.principal.id) {
    return {
      code: "token_revoked",
      message: promisedDetail,
      hint: "the token was issued to another principal: claim the task with your own key",
    };
  }
  if (isTerminal(task.status)) {
    return {
      code: "token_revoked",
      message: promisedDetail,
      hint: `the task has ended (\`${task.status}\`): claim another`,
      next: { method: "GET", path: `/api/v1/tasks/${task.id}` },
    };
  }
  if (isHolder(situation) && token.epoch === task.epoch && token.phase === phase.id) return null;
  return isHolder(situation)
    ? {
        code: "token_superseded",
        message: promisedDetail,
        hint: `the task is in phase \`${task.phase}\`, epoch ${task.epoch}; the token is of epoch ${token.epoch}: use the newest token`,
        next: { method: "POST", path: `/api/v1/tasks/${task.id}/token`, body: {} },
      }
    : {
        code: "token_superseded",
        message: promisedDetail,
        hint: "you hold the task no more: claim it again",
        next: {
          method: "POST",
          path: "/api/v1/tasks/claim",
          body: { agent_id: context.principal.name, task_id: task.id },
        },
      };
}
