import { ApprovalAnswer, PhasegateError, PostExternalRequest, TaskParams } from "@phasegate/wire";
import type { JsonObject } from "@phasegate/wire";
import { externalApprover } from "@phasegate/workflow";
import { answerApproval } from "../approvals/answer-approval.ts";
import type { Caller, ServerContext } from "../context.ts";
import { type Route, route } from "../http/route.ts";
import { requireVisibleTask } from "../tasks/access.ts";

/**
 * A system's word on what it was asked: the approval that names it, granted or denied. So it is bound to the digest, comes
 * from no author of the work, expires with the question and is used once.
 */
async function postExternal(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  { name, digest, status, comment }: PostExternalRequest,
): Promise<JsonObject> {
  const task = await requireVisibleTask(context, caller, taskId);
  const asked = task.approvals.filter(({ approvers }) => approvers.includes(externalApprover(name)));
  // A question that was denied may have been asked again about the same digest: the newest counts.
  const approval =
    asked.findLast((one) => one.digest === digest) ?? asked.findLast((one) => one.status === "requested");
  if (!approval) {
    throw new PhasegateError("unknown_approval", `\`${name}\` is asked nothing about this task`, {
      hint: "post when the event `approval.requested` names `external:` and the system, with its digest",
    });
  }
  return answerApproval(context, caller, approval.id, {
    type: status === "success" ? "grant_approval" : "deny_approval",
    digest,
    comment: comment ?? (status === "success" ? "" : `\`${name}\` posted failure`),
  });
}

export const externalRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/api/v1/tasks/:task_id/externals",
    operationId: "postExternal",
    deadline: "own",
    summary: "A named system says whether exactly this digest is good; its success moves the task on",
    tag: "approvals",
    access: { kind: "principal", open: false },
    body: PostExternalRequest,
    params: TaskParams,
    answers: { 200: ApprovalAnswer },
    handle: async (context, caller, { body, params }) => ({
      status: 200,
      body: await postExternal(context, caller, params.task_id, body),
    }),
  }),
];
