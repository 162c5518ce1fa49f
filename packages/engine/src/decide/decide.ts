import type { Facts, Reason } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { Command, CommandContext, Decision } from "../commands.ts";
import type { TaskState } from "../task-state.ts";
import { deny, refuse } from "./answer.ts";
import { decideDenyApproval, decideExpireApproval, decideGrantApproval, decideWithdrawApproval } from "./approvals.ts";
import { decideRecordEvidence, decideRequestEvidence } from "./evidence.ts";
import { decideSubmitReview } from "./reviews.ts";
import { decideRecordBlocker, decideResolveBlocker } from "./blockers.ts";
import { decideClaim } from "./claim.ts";
import { decideCreate } from "./create.ts";
import { decideExpire, decideFail, decideRelease, decideRenew } from "./holding.ts";
import { decideCancel, decideOverride, decideReassign, decideReopen, decideSync } from "./operator.ts";
import { decideOutsideChange } from "./outside-change.ts";
import { decideExpirePhase } from "./phase-timeout.ts";
import { decideInterruptTools, decideRecordTool } from "./records.ts";
import { decideSettleTool } from "./settle.ts";
import type { Situation } from "./situation.ts";
import { decideCallTool } from "./tools.ts";
import { decideRecordTrigger } from "./triggers.ts";
import { decideRequestTransition, decideResumeTransition, decideWithdrawTransition } from "./transitions.ts";

/**
 * Decides a command on a task, from nothing but its arguments. The same arguments give the same decision. A rule of
 * the workflow that throws is a denial: `internal_error`.
 *
 * `task` is null for `create` only; `workflow` must be the one that the task pins.
 */
export function decide(
  task: TaskState | null,
  command: Command,
  facts: Facts,
  workflow: CompiledWorkflow,
  context: CommandContext,
): Decision {
  if (!task) {
    return command.type === "create"
      ? decideCreate(command, facts, workflow, context)
      : deny([{ code: "unknown_task", message: "no such task", hint: "create it first" }], []);
  }
  const phase = workflow.phases.get(task.phase);
  if (task.workflow.digest !== workflow.digest || !phase) {
    return failClosed(task, command, context, `the workflow \`${workflow.digest}\` is not the one that the task pins`);
  }
  try {
    return decideExisting({ task, phase, workflow, facts, context }, command);
  } catch (error) {
    return failClosed(task, command, context, error instanceof Error ? error.message : "an unknown error");
  }
}

function decideExisting(situation: Situation, command: Command): Decision {
  switch (command.type) {
    case "create":
      return refuse(situation, command, {
        code: "version_conflict",
        message: `the task \`${situation.task.id}\` exists already`,
        hint: "create it under another id",
      });
    case "claim":
      return decideClaim(situation, command);
    case "renew":
      return decideRenew(situation, command);
    case "expire":
      return decideExpire(situation, command);
    case "release":
      return decideRelease(situation, command);
    case "fail":
      return decideFail(situation, command);
    case "call_tool":
      return decideCallTool(situation, command);
    case "settle_tool":
      return decideSettleTool(situation, command);
    case "record_tool":
      return decideRecordTool(situation, command);
    case "interrupt_tools":
      return decideInterruptTools(situation, command);
    case "note_outside_change":
      return decideOutsideChange(situation, command);
    case "request_transition":
      return decideRequestTransition(situation, command);
    case "resume_transition":
      return decideResumeTransition(situation, command);
    case "withdraw_transition":
      return decideWithdrawTransition(situation, command);
    case "cancel":
      return decideCancel(situation, command);
    case "reassign":
      return decideReassign(situation, command);
    case "reopen":
      return decideReopen(situation, command);
    case "override":
      return decideOverride(situation, command);
    case "record_blocker":
      return decideRecordBlocker(situation, command);
    case "resolve_blocker":
      return decideResolveBlocker(situation, command);
    case "request_evidence":
      return decideRequestEvidence(situation, command);
    case "record_evidence":
      return decideRecordEvidence(situation, command);
    case "grant_approval":
      return decideGrantApproval(situation, command);
    case "deny_approval":
      return decideDenyApproval(situation, command);
    case "expire_approval":
      return decideExpireApproval(situation, command);
    case "withdraw_approval":
      return decideWithdrawApproval(situation, command);
    case "expire_phase":
      return decideExpirePhase(situation, command);
    case "record_trigger":
      return decideRecordTrigger(situation, command);
    case "submit_review":
      return decideSubmitReview(situation, command);
    case "sync":
      return decideSync(situation, command);
    default:
      throw new RangeError(`no command \`${(command satisfies never as Command).type}\``);
  }
}

/** What cannot be judged is denied, and what a call changed meanwhile is put back. */
function failClosed(task: TaskState, command: Command, context: CommandContext, cause: string): Decision {
  const reason: Reason = {
    code: "internal_error",
    message: `the decision could not be made: ${cause.slice(0, 200)}`,
    hint: "nothing was granted; ask an operator to look at the task",
  };
  return { ...refuse({ task, context }, command, reason), rollBack: rollBackUnjudged(command) };
}

function rollBackUnjudged(command: Command): Decision["rollBack"] {
  if (command.type === "settle_tool") return "all";
  return command.type === "note_outside_change" && command.canRollBack
    ? command.changes.map((change) => change.path)
    : "none";
}
