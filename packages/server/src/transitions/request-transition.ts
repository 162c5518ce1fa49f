import type { Decision, RequestTransition, TaskState, TokenClaims } from "@phasegate/engine";
import { contentsNeeded, factsNeeded } from "@phasegate/engine";
import { PhasegateError, digestJson } from "@phasegate/wire";
import type { Digest, Facts, JsonValue, OperationId, ReasonCode, TreeFacts } from "@phasegate/wire";
import { redactPayload } from "@phasegate/ledger";
import type { Caller, ServerContext } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";
import { judgeOutsideChange } from "../tasks/outside-change.ts";
import type { Decided } from "../tasks/task-store.ts";
import { statusOf } from "../tasks/task-status.ts";
import { tokenMint } from "../tasks/mint.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";

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
 * What can be refused without looking at the tree is refused first.
 */
export async function requestTransition(
  context: ServerContext,
  caller: Caller,
  operationId: OperationId,
  input: TransitionInput,
): Promise<RouteAnswer> {
  const bodies = Object.entries(input.artifacts).map(([type, data]) => {
    const body = redactPayload(data, { maxBytes: maxArtifactBytes });
    return { type, body, digest: digestJson(body) };
  });
  const submitted: Record<string, Digest> = {};
  for (const { type, digest } of bodies) submitted[type] = digest;
  const command: RequestTransition = {
    type: "request_transition",
    operationId,
    token: input.token,
    currentPhase: input.currentPhase,
    targetPhase: input.targetPhase,
    submitted,
    newTokenId: context.ids.make("token"),
  };
  const payloads = bodies.map(({ body, digest }) => ({ digest, body }));
  const record = (facts: Facts): Promise<Decided> =>
    context.tasks.decide({
      taskId: input.task.id,
      caller,
      command,
      facts,
      payloads,
      answer: (decided) => (isProblem(decided.decision) ? null : answer(decided)),
    });

  const early = await context.tasks.preview(input.task.id, caller, command, {});
  if (early.decision.repeated || isProblem(early.decision)) return answer(await record({}));

  const needed = factsNeeded(early.task, command, early.workflow);
  const facts = {
    artifacts: { ...(await earlierArtifacts(context, early.task)), ...input.artifacts },
    dependencies: await statusOf(context, needed.dependencies),
  };
  const decided = await context.runner.withTree(
    {
      task: workspaceKey(context, early.task, early.workflow),
      epoch: input.token.epoch,
      compareWith: needed.compareWith,
      contentsNeeded: (changes) => contentsNeeded(early.task, early.workflow, changes),
      changedOutside: (observation) => judgeOutsideChange(context, caller, early.task.id, observation),
    },
    (tree: TreeFacts) => record({ ...facts, tree }),
  );
  return answer(decided);
}

function isProblem(decision: Decision): boolean {
  return decision.effect === "deny" && decision.reasons.some((reason) => problems.includes(reason.code));
}

/** Bodies of artifacts that were submitted earlier: a type left out is the last one submitted. */
async function earlierArtifacts(context: ServerContext, task: TaskState): Promise<Record<string, JsonValue>> {
  const found: Record<string, JsonValue> = {};
  for (const [type, artifact] of Object.entries(task.artifacts)) {
    const payload = await context.ledger.getPayload(artifact.digest);
    if (payload?.state === "kept") found[type] = payload.body;
  }
  return found;
}

/** The answer of a decided transition: a problem thrown, or the body of wire.md. */
function answer(decided: Omit<Decided, "events">): RouteAnswer {
  const { decision, task, workflow } = decided;
  const first = decision.reasons[0];
  if (first && isProblem(decision)) throw PhasegateError.fromReason(first);
  const allowed = decision.effect === "allow";
  const tokenId = task.lastTransition?.tokenId;
  const mint = allowed && task.holder && tokenId ? tokenMint(task, workflow, tokenId, "new_token") : null;
  const body = {
    allowed,
    new_token: null,
    blockers: decision.effect === "pending" ? ["evidence_running"] : blockerTexts(decision),
    findings: decision.findings,
    warnings: decision.warnings.map((reason) => reason.message),
    phase: task.phase,
    status: task.status,
  };
  return { status: 200, body, ...(mint ? { mint } : {}) };
}

function blockerTexts(decision: Decision): string[] {
  const texts = decision.reasons.map((reason) => (reason.hint ? `${reason.message}; ${reason.hint}` : reason.message));
  return [...new Set(texts)];
}
