import { contentsNeeded, factsNeeded } from "@phasegate/engine";
import type { ResumeTransition, TaskState } from "@phasegate/engine";
import { PhasegateError } from "@phasegate/wire";
import type { EvidenceFacts, TaskId, TreeDigest } from "@phasegate/wire";
import { textsForEvidence, textsForTree } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";
import { serverCaller } from "../server-caller.ts";
import { endCutOff } from "../tasks/lease-keeper.ts";
import { judgeOutsideChange } from "../tasks/outside-change.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";
import { timeoutJobs, leaseOf } from "./pending-jobs.ts";
import { transitionFacts, withRedContents } from "./transition-facts.ts";

/**
 * Judges a pending transition again, under the workspace's lock, with the evidence that was gathered on `tree`. Answers
 * the tree there is now, undecided, when it is another and `onChange` is `report`; else the decision is recorded. Whoever
 * asked for it and has no key any more, since it was revoked, is granted nothing and loses the task.
 */
export async function resumeTransition(
  context: ServerContext,
  options: {
    readonly task: TaskState;
    readonly command: ResumeTransition;
    readonly evidence: EvidenceFacts;
    readonly tree: TreeDigest | null;
    readonly onChange: "report" | "judge";
  },
): Promise<{ readonly changedTo: TreeDigest } | null> {
  const { command } = options;
  const caller = serverCaller();
  const isCutOff = ({ holder, status }: TaskState): boolean =>
    holder !== null && status === "deciding" && context.keys.isCutOff(holder.principal);
  const outcome = await withTaskTree(context, options.task, command, async (tree) => {
    if (options.onChange === "report" && tree.digest !== options.tree) return { changedTo: tree.digest };
    const task = await context.tasks.require(options.task.id);
    if (isCutOff(task)) return "cut off";
    const workflow = await context.tasks.workflowOf(task);
    const files = (options.evidence.redIdentities ?? []).flatMap((red) => (red.file === null ? [] : [red.file]));
    const { decision } = await context.tasks.decide({
      taskId: task.id,
      caller,
      command,
      facts: {
        ...(await transitionFacts(context, task, factsNeeded(task, command, workflow))),
        tree: await withRedContents(context, tree, files),
        evidence: options.evidence,
      },
      lease: (decided) => leaseOf(context, decided),
      jobs: (decided) => timeoutJobs(context, decided),
    });
    const lacking = decision.effect === "pending" && (await isStillDeciding(context, task.id, command));
    if (lacking) throw new PhasegateError("internal_error", "a transition stayed pending with all facts at hand");
    return null;
  });
  if (outcome !== "cut off") return outcome;
  // Outside the lock of the workspace, which the end of a hold takes.
  await endCutOff(context, await context.tasks.require(options.task.id));
  return null;
}

/** Reads the tree as it is for a pending transition, alone in the workspace. */
async function withTaskTree<Result>(
  context: ServerContext,
  task: TaskState,
  command: ResumeTransition,
  use: (tree: Parameters<Parameters<ServerContext["runner"]["withTree"]>[1]>[0]) => Promise<Result>,
): Promise<Result> {
  const workflow = await context.tasks.workflowOf(task);
  const phase = workflow.phases.get(task.phase);
  const caller = serverCaller();
  return context.runner.withTree<Result>(
    {
      task: workspaceKey(context, task, workflow),
      epoch: null,
      compareWith: factsNeeded(task, command, workflow).compareWith,
      contentsNeeded: (changes) => [
        ...new Set([
          ...contentsNeeded(task, workflow, changes),
          ...(phase ? [...textsForEvidence(workflow, phase, changes), ...textsForTree(phase, changes)] : []),
        ]),
      ],
      changedOutside: (observation) => judgeOutsideChange(context, caller, task.id, observation),
    },
    use,
  );
}

async function isStillDeciding(context: ServerContext, taskId: TaskId, command: ResumeTransition): Promise<boolean> {
  const task = await context.tasks.require(taskId);
  return task.status === "deciding" && task.pendingTransition?.operationId === command.operationId;
}
