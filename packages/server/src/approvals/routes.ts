import {
  ApprovalAnswer,
  ApprovalListAnswer,
  ApprovalListQuery,
  ApprovalParams,
  ApprovalVerdictRequest,
} from "@phasegate/wire";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { answerApproval } from "./answer-approval.ts";
import { approvalAnswer } from "./approval-answer.ts";
import { listApprovals, requireVisibleApproval } from "./find-approvals.ts";

const access = { kind: "principal", open: false } as const;
const tag = "approvals";

function verdictRoute(name: "grant" | "deny", summary: string): Route {
  return route({
    method: "POST",
    path: `/api/v1/approvals/:approval_id/${name}`,
    operationId: `${name}Approval`,
    deadline: "own",
    summary,
    tag,
    access,
    body: ApprovalVerdictRequest,
    params: ApprovalParams,
    answers: { 200: ApprovalAnswer },
    handle: async (context, caller, { body, params }) => ({
      status: 200,
      body: await answerApproval(context, caller, params.approval_id, { ...body, type: `${name}_approval` }),
    }),
  });
}

export const approvalRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/approvals",
    operationId: "listApprovals",
    summary: "Questions to people, newest first; with `status=requested` the open ones",
    tag,
    access,
    query: ApprovalListQuery,
    long: true,
    answers: { 200: ApprovalListAnswer },
    handle: async (context, caller, { query }) => ({ status: 200, body: await listApprovals(context, caller, query) }),
  }),
  route({
    method: "GET",
    path: "/api/v1/approvals/:approval_id",
    operationId: "readApproval",
    summary: "Exactly what is to be approved: artifacts, difference, evidence, and their digest",
    tag,
    access,
    params: ApprovalParams,
    answers: { 200: ApprovalAnswer },
    handle: async (context, caller, { params }) => {
      const { task, approval } = await requireVisibleApproval(context, caller, params.approval_id);
      return { status: 200, body: await approvalAnswer(context, task, approval) };
    },
  }),
  verdictRoute("grant", "Says yes to exactly the digest that was seen; the last yes moves the task on"),
  verdictRoute("deny", "Says no; the comment reaches the agent"),
];
