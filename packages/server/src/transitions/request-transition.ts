import type { Decision, RequestTransition, TaskState, TokenClaims } from "@phasegate/engine";
import { approvedArtifacts, contentsNeeded, factsNeeded } from "@phasegate/engine";
import { PhasegateError } from "@phasegate/wire";
import type { Digest, Facts, JsonValue, OperationId, ReasonCode, TreeFacts } from "@phasegate/wire";
import { KeptPayload } from "@phasegate/ledger";
import { textsForTree } from "@phasegate/workflow";
import type { Caller, ServerContext } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";
import type { FirstJudgement } from "../operations/operations.ts";
import { judgeOutsideChange } from "../tasks/outside-change.ts";
import type { Decided } from "../tasks/task-store.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";
import { jobsOf, leaseOf } from "./pending-jobs.ts";
import { blockerTexts, transitionAnswer } from "./transition-answer.ts";
import { transitionFacts } from "./transition-facts.ts";

export interface TransitionInput {
  readonly task: TaskState;
  readonly token: TokenClaims;
  readonly currentPhase: string;
  /** null: complete. */
  readonly targetPhase: string | null;
  readonly artifacts: Readonly<Record<string, JsonValue>>;
}

/** Bound of one artifact's body in the ledger. */
const maxArtifactBytes = 256 * 1024;

/** What refuses a transition as a problem; everything else is an answer with `allowed: false`. */
const problems: readonly ReasonCode[] = [
  "token_malformed",
  "token_expired",
  "token_superseded",
  "token_wrong_task",
  "token_revoked",
  "no_such_transition",
  "stale_phase",
  "transition_in_progress",
  "task_not_active",
  "not_last_phase",
  "forbidden",
];

/**
 * Judges a transition on the exact tree, under the workspace's lock, and records the decision before it answers.
 * What can be refused without looking at the tree is refused first. A transition that lacks evidence or approvals is
 * pending from then on: the jobs that go on with it are in the commit of its events.
 */
export async function requestTransition(
  context: ServerContext,
  caller: Caller,
  operationId: OperationId,
  input: TransitionInput,
): Promise<FirstJudgement> {
  const kept = Object.entries(input.artifacts).map(
    ([type, data]) => [type, KeptPayload.of(data, { maxBytes: maxArtifactBytes })] as const,
  );
  const submitted: Record<string, Digest> = {};
  for (const [type, { digest }] of kept) submitted[type] = digest;
  const command: RequestTransition = {
    type: "request_transition",
    operationId,
    token: input.token,
    currentPhase: input.currentPhase,
    targetPhase: input.targetPhase,
    submitted,
    newTokenId: context.ids.make("token"),
  };
  const payloads = kept.map(([, payload]) => payload);
  const record = (facts: Facts): Promise<Decided> =>
    context.tasks.decide({
      taskId: input.task.id,
      caller,
      command,
      facts,
      payloads,
      lease: (decided) => (decided.task.status === "awaiting_approval" ? leaseOf(context, decided) : undefined),
      jobs: (decided) => jobsOf(context, decided, facts.tree?.digest ?? null),
      answer: ({ decision, ...decided }) =>
        decision.effect === "pending" || isProblem(decision) ? null : answer({ decision, ...decided }),
    });

  const early = await context.tasks.preview(input.task.id, caller, command, {});
  if (early.decision.repeated || isProblem(early.decision)) return judgementOf(await record({}));

  const needed = factsNeeded(early.task, command, early.workflow);
  const known = await transitionFacts(context, early.task, needed);
  const notKept = new Set(approvedArtifacts(early.task, early.workflow, submitted));
  const sent = Object.entries(input.artifacts).filter(([type]) => !notKept.has(type));
  const facts = { ...known, artifacts: { ...known.artifacts, ...Object.fromEntries(sent) } };
  const phase = early.workflow.phases.get(early.task.phase);
  const decided = await context.runner.withTree(
    {
      task: workspaceKey(context, early.task, early.workflow),
      epoch: input.token.epoch,
      compareWith: needed.compareWith,
      contentsNeeded: (changes) => [
        ...contentsNeeded(early.task, early.workflow, changes),
        ...(phase ? textsForTree(phase, changes) : []),
      ],
      changedOutside: (observation) => judgeOutsideChange(context, caller, early.task.id, observation),
    },
    (tree: TreeFacts) => record({ ...facts, tree }),
  );
  return judgementOf(decided);
}

function isProblem(decision: Decision): boolean {
  return decision.effect === "deny" && decision.reasons.some((reason) => problems.includes(reason.code));
}

function judgementOf(decided: Omit<Decided, "events">): FirstJudgement {
  const { decision, task } = decided;
  if (decision.effect !== "pending") return { kind: "answer", answer: answer(decided) };
  if (!task.pendingTransition) throw new PhasegateError("internal_error", "a pending transition left no trace");
  return { kind: "pending", operationId: task.pendingTransition.operationId };
}

/** The answer of a decided transition: a problem thrown, or the body of wire.md. */
function answer(decided: Omit<Decided, "events">): RouteAnswer {
  const { decision, task, workflow } = decided;
  const first = decision.reasons[0];
  if (first && isProblem(decision)) throw PhasegateError.fromReason(first);
  const outcome = {
    allowed: decision.effect === "allow",
    blockers: blockerTexts(decision.reasons),
    findings: decision.findings,
    warnings: decision.warnings.map((reason) => reason.message),
  };
  return transitionAnswer(task, workflow, outcome, true);
}
