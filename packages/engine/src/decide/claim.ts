import {
  assuranceSuffices,
  isTerminal,
  lowerAssurance,
  type PrincipalRole,
  type Reason,
  type TaskId,
} from "@phasegate/wire";
import type { ClaimTask, Decision } from "../commands.ts";
import type { TaskState } from "../task-state.ts";
import { allow, newEvent, refuse } from "./answer.ts";
import { isAmong } from "./authors.ts";
import type { Situation } from "./situation.ts";

const claimingRoles: readonly PrincipalRole[] = ["agent", "reviewer", "operator"];

/** What a claim must name to get a task that reviews another. */
export const reviewCapability = "review";

/** The task whose work a task reviews: the one whose trigger made it for reviewers. Null for any other task. */
export function reviewedTask({ spawnedBy, capabilities }: TaskState): TaskId | null {
  return spawnedBy !== null && capabilities.includes(reviewCapability) ? spawnedBy.taskId : null;
}

/**
 * Gives the task to the claimant, or back to the holder that names it. Either way the epoch rises, so that at any
 * moment one holder's newest token is the only one that lives.
 */
export function decideClaim(situation: Situation, command: ClaimTask): Decision {
  const { task, phase, context } = situation;
  const resumed = isOwnHolder(situation, command);
  const reason = resumed
    ? judgeAssurance(situation, command)
    : (judgeRole(situation) ??
      judgeStatus(situation, command) ??
      judgeAssurance(situation, command) ??
      judgeCapabilities(situation, command) ??
      judgeReviewer(situation) ??
      judgeDependencies(situation));
  if (reason) return refuse(situation, command, reason);
  return allow([
    newEvent(context, "task.claimed", {
      agent_id: command.agentId,
      principal: context.principal.id,
      owner: context.principal.owner,
      capabilities: [...command.capabilities],
      phase: phase.id,
      entry: task.entry,
      epoch: task.epoch + 1,
      // What was done at a lower level stays in the tree.
      assurance: lowerAssurance(task.assurance ?? command.assurance, command.assurance),
      resumed,
      token_id: command.tokenId,
    }),
  ]);
}

/** Under `security.auth: open` all callers are one principal, so the agent's own name must fit as well. */
function isOwnHolder({ task, context }: Situation, command: ClaimTask): boolean {
  return command.named && task.holder?.principal === context.principal.id && task.holder.agentId === command.agentId;
}

function judgeRole({ context }: Situation): Reason | null {
  if (context.principal.roles.some((role) => claimingRoles.includes(role))) return null;
  return {
    code: "forbidden",
    message: `\`${context.principal.name}\` has no role that works on tasks`,
    hint: "claim with the key of a principal that has the role `agent`",
  };
}

function judgeStatus({ task }: Situation, command: ClaimTask): Reason | null {
  if (isTerminal(task.status)) {
    return {
      code: "task_not_claimable",
      message: `the task has ended (\`${task.status}\`)`,
      hint: "claim another task",
      next: { method: "POST", path: "/api/v1/tasks/claim", body: { agent_id: command.agentId } },
    };
  }
  if (!task.holder) return null;
  return {
    code: "task_not_claimable",
    message: `the task is held by \`${task.holder.agentId}\``,
    hint: "claim another task, or wait until this one is released",
    next: { method: "POST", path: "/api/v1/tasks/claim", body: { agent_id: command.agentId } },
  };
}

function judgeAssurance({ workflow }: Situation, command: ClaimTask): Reason | null {
  const required = workflow.normalized.assurance;
  if (assuranceSuffices(command.assurance, required)) return null;
  return {
    code: "assurance_insufficient",
    message: `the workflow asks for \`${required}\`, this claim gives \`${command.assurance}\``,
    hint: "`phasegate doctor` says what is missing",
  };
}

function judgeCapabilities({ task }: Situation, command: ClaimTask): Reason | null {
  const missing = task.capabilities.filter((capability) => !command.capabilities.includes(capability));
  if (missing.length === 0) return null;
  return {
    code: "task_not_claimable",
    message: `the task asks for capabilities that the claim does not name: ${quoted(missing)}`,
    hint: "claim with these `capabilities`, or claim another task",
  };
}

/** A review of their own work would count for nothing, and whoever holds its task keeps it from others. */
function judgeReviewer({ task, facts, context }: Situation): Reason | null {
  const reviewed = reviewedTask(task);
  if (reviewed === null || (facts.reviewed && !isAmong(facts.reviewed, context.principal))) return null;
  return {
    code: "self_review",
    message: `\`${context.principal.name}\` is among the authors of the work that the task reviews`,
    hint: "claim another task; a principal that has no part in the work takes this one",
  };
}

/** Asked until the task is first held: a dependency that was completed then may be reopened later. */
function judgeDependencies({ task, facts }: Situation): Reason | null {
  if (task.authors.length > 0) return null;
  const states = new Map((facts.dependencies ?? []).map((dependency) => [dependency.id, dependency.status]));
  const open = task.dependencies.filter((id) => states.get(id) !== "completed");
  if (open.length === 0) return null;
  return {
    code: "task_not_claimable",
    message: `the task waits for ${quoted(open)}`,
    hint: "claim it when its dependencies are completed",
  };
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
