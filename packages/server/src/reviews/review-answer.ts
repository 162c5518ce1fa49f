import type { ReviewState, TaskState } from "@phasegate/engine";
import type { JsonObject, JsonValue } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";

/** A review as it was posted, with its findings unless an operator erased them. */
export async function reviewAnswer(context: ServerContext, task: TaskState, review: ReviewState): Promise<JsonObject> {
  const payload = await context.ledger.getPayload(review.resultDigest);
  const body = payload?.state === "kept" ? (payload.body as { summary?: string; findings?: JsonValue[] }) : {};
  return {
    task_id: task.id,
    reviewer: review.reviewer,
    model: review.model,
    tree: review.tree,
    verdict: review.verdict === "passed" ? "pass" : "fail",
    summary: body.summary ?? "",
    findings: body.findings ?? [],
    submitted_at: review.at,
  };
}
