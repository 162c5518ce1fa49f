import { answeredDemands, type ApprovalState, missingApprovals, type TaskState } from "@phasegate/engine";
import type { JsonObject, JsonValue } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { failuresAnswer } from "../evidence/failed-tests.ts";
import { evidenceAnswer } from "../evidence/evidence-answer.ts";
import { changedPaths } from "../tasks/task-contents.ts";
import { warningsOfApproval } from "../tasks/warnings.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";

/** Bound of the difference that is put before an approver. */
const maxDiffBytes = 256 * 1024;

/** An approval in a list, and in the answers that are about its task. */
export function approvalSummary(task: TaskState, approval: ApprovalState): JsonObject {
  return {
    id: approval.id,
    task_id: task.id,
    task_title: task.title,
    task_status: task.status,
    gate: approval.gate,
    phase: approval.phase,
    entry: approval.entry,
    digest: approval.digest,
    tree: approval.tree,
    status: approval.status,
    requested_at: approval.requestedAt,
    expires_at: approval.expiresAt,
    approvers: [...approval.approvers],
    approvals_required: approval.approvalsRequired,
    demands: answeredDemands(approval).map(({ approvers, required, given }) => ({
      approvers: [...approvers],
      required,
      given,
    })),
    waits_for: approval.status === "requested" ? missingApprovals(approval) : null,
    artifacts: { ...approval.artifacts },
    diff: "",
    evidence: [],
    granted_by: approval.grants.map((grant) => grant.by),
    findings_total: warningsOfApproval(task, approval).total,
    denial: approval.denial ? { ...approval.denial } : null,
  };
}

/**
 * All that is approved: artifacts and evidence whole, and what the task changed since its base. The difference is of
 * the workspace as it is, so it is shown only while the approval is open and the workspace waits with it.
 */
export async function approvalAnswer(
  context: ServerContext,
  task: TaskState,
  approval: ApprovalState,
): Promise<JsonObject> {
  const isOpen = approval.status === "requested" || approval.status === "granted";
  const diff = isOpen && task.status === "awaiting_approval" ? await readDiff(context, task) : null;
  return {
    ...approvalSummary(task, approval),
    artifacts: await artifactBodies(context, approval),
    artifact_sources: artifactSources(context, task, approval),
    evidence: await evidenceOf(context, task, approval),
    failures: await failuresAnswer(
      context,
      task.failures.filter(({ tree }) => tree === approval.tree),
    ),
    findings: [...warningsOfApproval(task, approval).found],
    earlier_denials: earlierDenials(context, task, approval),
    diff: diff?.text ?? "",
    ...(diff
      ? {
          diff_truncated: diff.truncated,
          ...changedPaths(diff),
        }
      : {}),
  };
}

/** A no to the same gate, of this stay or an earlier one, stays before whoever is asked again. */
function earlierDenials(context: ServerContext, task: TaskState, approval: ApprovalState): JsonObject[] {
  const own = task.approvals.findIndex((one) => one.id === approval.id);
  return task.approvals
    .slice(0, own)
    .filter((one) => one.gate === approval.gate)
    .flatMap(({ id, entry, digest, denial }) => {
      if (!denial) return [];
      const name = denial.name ?? context.keys.findPrincipal(denial.by)?.name;
      const said = { ...denial, ...(name === undefined ? {} : { name }) };
      return [{ approval_id: id, entry, ...said, same_digest: digest === approval.digest }];
    })
    .toReversed();
}

async function readDiff(context: ServerContext, task: TaskState) {
  const workflow = await context.tasks.workflowOf(task);
  const key = workspaceKey(context, task, workflow);
  return context.runner.diff({ task: key, since: task.baseTree, maxBytes: maxDiffBytes });
}

async function artifactBodies(context: ServerContext, approval: ApprovalState): Promise<Record<string, JsonValue>> {
  const bodies: Record<string, JsonValue> = {};
  for (const [type, digest] of Object.entries(approval.artifacts)) {
    const payload = await context.ledger.getPayload(digest);
    bodies[type] = payload?.state === "kept" ? payload.body : { digest, state: payload?.state ?? "absent" };
  }
  return bodies;
}

/** An artifact is what its author says, whatever its type is called: reviews and evidence stand elsewhere. */
function artifactSources(context: ServerContext, task: TaskState, approval: ApprovalState): JsonObject {
  return Object.fromEntries(
    Object.entries(approval.artifacts).flatMap(([type, digest]) => {
      const sent = task.artifacts[type];
      if (sent?.digest !== digest) return [];
      const { by, phase, replaced } = sent;
      const name = context.keys.findPrincipal(by)?.name;
      const source = { source: "self_reported", submitted_by: by, ...(name === undefined ? {} : { name }) };
      return [[type, { ...source, phase, replaces: replaced ? { ...replaced } : null }]];
    }),
  );
}

/**
 * What the approval is bound to, and where it is bound to no run, the last one that a gate made on exactly this tree, and of the base's tests on it:
 * failures, flaky tests and a change of dependencies are put before whoever approves.
 */
async function evidenceOf(context: ServerContext, task: TaskState, approval: ApprovalState): Promise<JsonObject[]> {
  const bound = new Set(Object.values(approval.evidence));
  const shown = task.evidence.filter((evidence) => bound.has(evidence.resultDigest));
  for (const purpose of ["current", "base_tests"] as const) {
    if (shown.some((evidence) => evidence.purpose === purpose)) continue;
    const last = task.evidence.findLast(
      (evidence) => evidence.purpose === purpose && (evidence.sourceTree ?? evidence.tree) === approval.tree,
    );
    if (last) shown.push(last);
  }
  const found: JsonObject[] = [];
  for (const evidence of shown) found.push(await evidenceAnswer(context, evidence));
  return found;
}
