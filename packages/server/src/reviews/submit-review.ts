import { redactPayload } from "@phasegate/ledger";
import { PhasegateError, digestJson, parseDigest } from "@phasegate/wire";
import type { JsonObject, ReviewFact, SubmitReviewRequest, TreeFacts } from "@phasegate/wire";
import { contentsNeeded, judgeReviewingRole } from "@phasegate/engine";
import type { TaskState } from "@phasegate/engine";
import type { Caller, ServerContext } from "../context.ts";
import { serverCaller } from "../server-caller.ts";
import { judgeOutsideChange } from "../tasks/outside-change.ts";
import { findVisibleTask } from "../tasks/access.ts";
import { unknownTask } from "../tasks/task-store.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";
import { authorsOf } from "../transitions/transition-facts.ts";
import { reviewAnswer, verdictsOf } from "./review-answer.ts";

const maxReviewBytes = 256 * 1024;
/** The review model where the request names none. */
const defaultModel = "general";

/** Records a review of the task's exact tree, by someone who is no author of it. */
export async function submitReview(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  request: SubmitReviewRequest,
): Promise<JsonObject> {
  const task = await findVisibleTask(context, caller, taskId);
  if (!task) throw refusalOf(caller, taskId);
  const issues = (request.findings ?? []).map(({ severity, message, path }) => ({
    severity,
    message,
    ...(path === undefined ? {} : { path }),
  }));
  const body = redactPayload(
    { summary: request.summary ?? "", issues, findings: request.findings ?? [], ...verdictsOf(request) },
    { maxBytes: maxReviewBytes },
  ) as JsonObject;
  const resultDigest = digestJson(body);
  const command = {
    type: "submit_review",
    model: request.model ?? defaultModel,
    verdict: request.verdict === "pass" ? "passed" : "failed",
    issues: countIssues(issues),
    resultDigest,
  } as const;
  const authors = authorsOf(context, task);
  // Who may not review is refused before the workspace is taken from its holder.
  const early = await context.tasks.preview(task.id, caller, { ...command, tree: task.entryTree }, { authors });
  const isRefused = early.decision.reasons.some((reason) => reason.code !== "review_other_tree");
  const decide = async (tree: TreeFacts | null): Promise<JsonObject> => {
    const asked = request.tree === undefined ? null : parseDigest(request.tree);
    const { decision, task: after } = await context.tasks.decide({
      taskId: task.id,
      caller,
      command: { ...command, tree: asked ?? tree?.digest ?? task.entryTree },
      facts: { authors, ...(tree ? { tree } : {}) },
      payloads: [{ digest: resultDigest, body }],
    });
    const reason = decision.reasons[0];
    if (decision.effect !== "allow" && reason) throw PhasegateError.fromReason(reason);
    const review = after.reviews.find((one) => one.resultDigest === resultDigest);
    if (!review) throw new PhasegateError("internal_error", "a review that was accepted left no trace");
    return reviewAnswer(context, task, review);
  };
  return isRefused ? decide(null) : withTree(context, task, decide);
}

/** Of a task that the caller may not see, or that is not there: who may review nothing is told so, either way. */
function refusalOf(caller: Caller, taskId: string): PhasegateError {
  const reason = judgeReviewingRole(caller.principal);
  return reason ? PhasegateError.fromReason(reason) : unknownTask(taskId);
}

/** Reads the tree as it is; whoever works in the workspace waits meanwhile. */
export async function withTree<Result>(
  context: ServerContext,
  task: TaskState,
  use: (tree: TreeFacts) => Promise<Result>,
): Promise<Result> {
  const workflow = await context.tasks.workflowOf(task);
  const caller = serverCaller();
  return context.runner.withTree<Result>(
    {
      task: workspaceKey(context, task, workflow),
      epoch: null,
      compareWith: [],
      contentsNeeded: (changes) => contentsNeeded(task, workflow, changes),
      changedOutside: (observation) => judgeOutsideChange(context, caller, task.id, observation),
    },
    use,
  );
}

function countIssues(issues: readonly Pick<ReviewFact["issues"][number], "severity">[]) {
  const count = (severity: string): number => issues.filter((issue) => issue.severity === severity).length;
  return { blocking: count("blocking"), warning: count("warning"), info: count("info") };
}
