import { ReviewAnswer, ReviewListAnswer, SubmitReviewRequest, TaskParams } from "@phasegate/wire";
import type { JsonObject } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { requireVisibleTask } from "../tasks/access.ts";
import { warningsOf } from "../tasks/warnings.ts";
import { reviewAnswer } from "./review-answer.ts";
import { submitReview, withTree } from "./submit-review.ts";

const access = { kind: "principal", open: false } as const;
const tag = "reviews";

async function listReviews(context: ServerContext, caller: Caller, taskId: string): Promise<JsonObject> {
  const task = await requireVisibleTask(context, caller, taskId);
  const reviews: JsonObject[] = [];
  for (const review of task.reviews) reviews.push(await reviewAnswer(context, task, review));
  const tree =
    task.authors.length === 0 ? null : await withTree(context, task, (facts) => Promise.resolve(facts.digest));
  const warnings = warningsOf(task);
  return { reviews, tree, warnings: [...warnings.found], warnings_total: warnings.total };
}

export const reviewRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/reviews/:task_id",
    operationId: "listReviews",
    summary: "Reviews of the task, and the tree that a review of it has to be of",
    tag,
    access,
    params: TaskParams,
    answers: { 200: ReviewListAnswer },
    handle: async (context, caller, { params }) => ({
      status: 200,
      body: await listReviews(context, caller, params.task_id),
    }),
  }),
  route({
    method: "POST",
    path: "/api/v1/reviews/:task_id",
    operationId: "submitReview",
    summary: "Posts a review of the exact tree, by someone who is no author of it",
    tag,
    access,
    body: SubmitReviewRequest,
    params: TaskParams,
    answers: { 201: ReviewAnswer },
    handle: async (context, caller, { body, params }) => ({
      status: 201,
      body: await submitReview(context, caller, params.task_id, body),
    }),
  }),
];
