import { isTerminal, type Reason } from "@phasegate/wire";
import type { CancelTask, Decision, OverrideGate, ReassignTask, ReopenTask, SyncTask } from "../commands.ts";
import { allow, newEvent, refuse, timestamp } from "./answer.ts";
import type { TaskState } from "../task-state.ts";
import { openApprovals, withdrawApprovals } from "./approval-question.ts";
import { withdrawPending } from "./holding.ts";
import { isOperator, type Situation } from "./situation.ts";

export function decideCancel(situation: Situation, command: CancelTask): Decision {
  const reason = judgeOperator(situation) ?? judgeRunning(situation);
  if (reason) return refuse(situation, command, reason);
  const { task, context } = situation;
  return allow([
    ...withdrawApprovals(situation, openApprovals(situation), "the task was cancelled"),
    ...withdrawPending(situation, "the task was cancelled"),
    newEvent(context, "task.cancelled", { reason: command.reason, phase: task.phase, epoch: task.epoch + 1 }),
  ]);
}

/** Takes the task from its holder, so that another may claim it. */
export function decideReassign(situation: Situation, command: ReassignTask): Decision {
  const reason = judgeOperator(situation) ?? judgeHeld(situation);
  if (reason) return refuse(situation, command, reason);
  const { task, context } = situation;
  return allow([
    ...withdrawPending(situation, "the task was reassigned"),
    newEvent(context, "task.reassigned", { reason: command.reason, phase: task.phase, epoch: task.epoch + 1 }),
  ]);
}

/** The one way back from an ended task: same phase and workspace, new entry. */
export function decideReopen(situation: Situation, command: ReopenTask): Decision {
  const { task, context } = situation;
  const reason = judgeOperator(situation);
  if (reason) return refuse(situation, command, reason);
  if (!isTerminal(task.status)) {
    return refuse(situation, command, {
      code: "task_not_active",
      message: `the task is \`${task.status}\`: only an ended one is reopened`,
      hint: "reassign or cancel it instead",
    });
  }
  return allow([
    newEvent(context, "task.reopened", {
      reason: command.reason,
      phase: task.phase,
      entry: task.entry + 1,
      epoch: task.epoch + 1,
    }),
  ]);
}

/** Moves base, entry tree and freezes to a merged base. The holder stays, and its token with it. */
export function decideSync(situation: Situation, command: SyncTask): Decision {
  const { task, context } = situation;
  const reason = judgeOperator(situation) ?? judgeRunning(situation) ?? judgeUndecided(situation);
  if (reason) return refuse(situation, command, reason);
  const freezes = task.freezes.flatMap((freeze, index) => {
    const tree = command.frozenTrees[index];
    return tree === undefined ? [] : [{ phase: freeze.phase, entry: freeze.entry, tree }];
  });
  if (freezes.length !== command.frozenTrees.length || freezes.length !== task.freezes.length) {
    return refuse(situation, command, {
      code: "version_conflict",
      message: `the merge is of ${command.frozenTrees.length} frozen trees, the task has ${task.freezes.length}`,
      hint: "ask again",
    });
  }
  const red = mergedRed(task.redIdentities, command.redIdentities);
  if (!red) {
    return refuse(situation, command, {
      code: "version_conflict",
      message: `the merge is of other red identities than the task's ${task.redIdentities.length}`,
      hint: "ask again",
    });
  }
  return allow([
    ...withdrawApprovals(situation, openApprovals(situation), "the base was merged into the task"),
    newEvent(context, "task.synced", {
      base: command.base,
      base_tree: command.baseTree,
      entry_tree: command.entryTree,
      freezes,
      red: red.map(({ phase, entry, digest }) => ({ phase, entry, digest })),
      tree: command.tree,
      ...(command.reason === undefined ? {} : { reason: command.reason }),
    }),
  ]);
}

/** The one way out, for people: skips one gate's checks for this entry until it expires, and marks the task. */
export function decideOverride(situation: Situation, command: OverrideGate): Decision {
  const { task, phase, context } = situation;
  const reason = judgePerson(situation) ?? judgeRunning(situation);
  if (reason) return refuse(situation, command, reason);
  const gates = phase.exits.flatMap((exit) => exit.gates.map((gate) => gate.id));
  if (!gates.includes(command.gate)) {
    return refuse(situation, command, {
      code: "invalid_request",
      message: `no gate \`${command.gate}\` leads out of phase \`${phase.id}\``,
      hint: gates.length > 0 ? `gates here: ${gates.map((gate) => `\`${gate}\``).join(", ")}` : "this phase has none",
      rule: phase.rule,
    });
  }
  return allow([
    newEvent(context, "task.overridden", {
      gate: command.gate,
      reason: command.reason,
      entry: task.entry,
      expires_at: timestamp(context.now + command.expiresInSeconds * 1_000),
    }),
  ]);
}

/** The red identities with the merge's digests in place of their own; null where these are not as many. */
function mergedRed(
  known: TaskState["redIdentities"],
  merged: SyncTask["redIdentities"],
): TaskState["redIdentities"] | null {
  if (merged === undefined) return known;
  if (merged.length !== known.length) return null;
  return known.map((one, index) => ({ ...one, digest: merged[index] ?? one.digest }));
}

function judgeOperator(situation: Situation): Reason | null {
  if (isOperator(situation)) return null;
  return {
    code: "forbidden",
    message: `\`${situation.context.principal.name}\` does not have the role \`operator\``,
    hint: "ask an operator",
  };
}

/** An override is never an agent's, whatever roles its key was given, nor of a person's key that belongs to an author. */
function judgePerson(situation: Situation): Reason | null {
  const { kind, owner } = situation.context.principal;
  const ownedByAuthor = owner !== null && situation.task.authors.includes(owner);
  if (isOperator(situation) && kind === "person" && !ownedByAuthor) return null;
  return {
    code: "forbidden",
    message: "only a person with the role `operator` overrides a gate",
    hint: "meet the gate's checks, or ask a person to look at it",
  };
}

function judgeRunning({ task }: Situation): Reason | null {
  if (!isTerminal(task.status)) return null;
  return {
    code: "task_not_active",
    message: `the task has ended (\`${task.status}\`)`,
    hint: "reopen it first",
  };
}

function judgeHeld({ task }: Situation): Reason | null {
  if (task.holder) return null;
  return {
    code: "task_not_active",
    message: `the task is \`${task.status}\`, held by no one`,
    hint: "any agent may claim it as it is",
  };
}

function judgeUndecided({ task }: Situation): Reason | null {
  if (!task.pendingTransition) return null;
  return {
    code: "transition_in_progress",
    message: `the transition from \`${task.pendingTransition.from}\` to \`${task.pendingTransition.to}\` is being judged`,
    hint: "sync when it is decided; one that waits for an approval ends when that is denied, or by `DELETE /api/v1/operations/ID` of its holder",
    next: { method: "GET", path: `/api/v1/operations/${task.pendingTransition.operationId}` },
  };
}
