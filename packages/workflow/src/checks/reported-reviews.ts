import type { JsonObject, JsonValue } from "@phasegate/wire";
import { fieldValues, isFilled, isObject, submittedArtifacts } from "./artifact-fields.ts";
import type { CheckInput } from "./definition.ts";

const blockingWords = new Set(["blocking", "blocker", "critical", "high", "major", "must_fix", "must-fix"]);
const doneWords = new Set([
  "completed",
  "complete",
  "done",
  "approved",
  "finished",
  "passed",
  "success",
  "changes_requested",
]);
const addressedWords = new Set(["addressed", "resolved", "closed", "fixed", "done", "wont_fix"]);

/** Issues that reported reviews call blocking and not resolved; null when no artifact reports issues. */
export function reportedBlockingIssues(input: CheckInput): readonly string[] | null {
  const bodies = submittedArtifacts(input).map(({ body }) => body);
  const stated = bodies.flatMap((body) => fieldValues(body, ["blocking_issues", "blockers", "blocking_issue_count"]));
  const lists = bodies.flatMap((body) => listsUnder(body, ["issues", "findings", "comments"]));
  const reviews = reportedReviews(input).flatMap((review) => [
    ...fieldValues(review, ["blocking_issues", "blockers"]),
    ...listsUnder(review, ["issues", "findings", "comments"]).map((list) => list.filter(isOpenBlocking)),
  ]);
  if (stated.length + lists.length + reviews.length === 0) return null;
  return [
    ...stated.flatMap(issuesIn),
    ...lists.flat().filter(isOpenBlocking).map(titleOf),
    ...reviews.flatMap(issuesIn),
  ];
}

/** The reviews that artifacts list: `reviews`, `review_results`, as a list or by model. */
export function reportedReviews(input: CheckInput): readonly JsonObject[] {
  const values = submittedArtifacts(input).flatMap(({ body }) =>
    fieldValues(body, ["reviews", "review_results", "model_reviews"]),
  );
  return values.flatMap((value) => {
    if (Array.isArray(value)) return value.filter(isObject);
    if (!isObject(value)) return [];
    const entries = Object.entries(value).filter(([, review]) => isObject(review)) as [string, JsonObject][];
    return entries.map(([model, review]) => ({ model, ...review }));
  });
}

/** Names of the models or reviewers whose review is reported as complete. */
export function reportedReviewers(input: CheckInput): readonly string[] {
  const listed = submittedArtifacts(input).flatMap(({ body }) =>
    fieldValues(body, ["models_completed", "completed_models", "completed_reviews", "reviewers_completed"]),
  );
  const named = listed
    .flatMap((value) => (Array.isArray(value) ? value : []))
    .filter((name) => typeof name === "string");
  const done = reportedReviews(input).filter(isComplete);
  return [...named, ...done.flatMap((review) => reviewerOf(review))];
}

export function isComplete(review: JsonObject): boolean {
  if (typeof review["completed"] === "boolean") return review["completed"];
  const status = review["status"] ?? review["verdict"] ?? review["decision"];
  return typeof status === "string" && doneWords.has(status.trim().toLowerCase());
}

export function isAddressed(comment: JsonValue): boolean {
  if (!isObject(comment)) return false;
  if (comment["addressed"] === true || comment["resolved"] === true) return true;
  const status = comment["status"];
  return typeof status === "string" && addressedWords.has(status.trim().toLowerCase());
}

export function listsUnder(body: JsonValue, names: readonly string[]): readonly JsonValue[][] {
  return fieldValues(body, names).filter((value) => Array.isArray(value));
}

function isOpenBlocking(issue: JsonValue): boolean {
  if (!isObject(issue) || isAddressed(issue)) return false;
  const severity = issue["severity"] ?? issue["level"] ?? issue["priority"];
  return (
    issue["blocking"] === true || (typeof severity === "string" && blockingWords.has(severity.trim().toLowerCase()))
  );
}

function issuesIn(value: JsonValue): readonly string[] {
  if (typeof value === "number") return value > 0 ? [`${value} blocking`] : [];
  if (typeof value === "boolean") return value ? ["blocking"] : [];
  if (Array.isArray(value)) return value.filter((issue) => saysSomething(issue) && !isAddressed(issue)).map(titleOf);
  return isFilled(value) ? [titleOf(value)] : [];
}

/** An issue without words, such as `{ blocking: true }`, is one all the same. */
function saysSomething(issue: JsonValue): boolean {
  return isFilled(issue) || (isObject(issue) && Object.keys(issue).length > 0);
}

function titleOf(issue: JsonValue): string {
  if (!isObject(issue)) return (typeof issue === "string" ? issue : JSON.stringify(issue)).slice(0, 100);
  const title = issue["title"] ?? issue["description"] ?? issue["message"] ?? issue["comment"] ?? issue["id"];
  return typeof title === "string" || typeof title === "number" ? String(title).slice(0, 100) : "unnamed issue";
}

function reviewerOf(review: JsonObject): readonly string[] {
  return ["model", "reviewer", "review_type", "name", "type", "agent"]
    .map((member) => review[member])
    .filter((name) => typeof name === "string");
}
