import type { ReviewState, TaskState } from "@phasegate/engine";
import type { JsonObject, JsonValue } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";

interface ReviewBody extends ReviewVerdicts {
  readonly summary?: string;
  readonly findings?: JsonValue[];
}

interface ReviewVerdicts {
  readonly matches_plan?: boolean;
  readonly tests_are_meaningful?: boolean;
}

/** What a review says to the checks that ask for the verdict of a reviewer; a member that it does not hold is left out. */
export function verdictsOf({ matches_plan, tests_are_meaningful }: ReviewVerdicts): JsonObject {
  return {
    ...(matches_plan === undefined ? {} : { matches_plan }),
    ...(tests_are_meaningful === undefined ? {} : { tests_are_meaningful }),
  };
}

/** A review as it was posted, with its findings unless an operator erased them. */
export async function reviewAnswer(context: ServerContext, task: TaskState, review: ReviewState): Promise<JsonObject> {
  const payload = await context.ledger.getPayload(review.resultDigest);
  const body = payload?.state === "kept" ? (payload.body as ReviewBody) : {};
  return {
    task_id: task.id,
    reviewer: review.reviewer,
    model: review.model,
    tree: review.tree,
    verdict: review.verdict === "passed" ? "pass" : "fail",
    summary: body.summary ?? "",
    findings: body.findings ?? [],
    ...verdictsOf(body),
    submitted_at: review.at,
  };
}
