import type { FactsNeeded, TaskState } from "@phasegate/engine";
import { parseId } from "@phasegate/wire";
import type { Facts, JsonValue, PrincipalId, ReviewFact, TreeFacts } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { statusOf } from "../tasks/task-status.ts";

/** What a transition is judged by besides tree and evidence, all of it read from the server's own state. */
export async function transitionFacts(
  context: ServerContext,
  task: TaskState,
  needed: Pick<FactsNeeded, "dependencies">,
): Promise<Facts> {
  return {
    artifacts: await submittedArtifacts(context, task),
    dependencies: await statusOf(context, needed.dependencies),
    reviews: await reviewFacts(context, task),
    approvals: [],
    authors: authorsOf(context, task),
  };
}

/** Everyone who is an author of the task's work: who held it, and the other agents of their owners. */
export function authorsOf(context: ServerContext, task: TaskState): PrincipalId[] {
  const owners = task.authors.flatMap((author) => {
    const principal = context.keys.findPrincipal(author);
    return principal?.owner ? [principal.owner] : [];
  });
  const agents = [...owners, ...task.authorOwners].flatMap((owner) => context.keys.agentsOf(owner));
  return [...new Set([...task.authors, ...agents])];
}

/** The tree, with the content of the files in which red tests were fixed: what the base does not differ in tells none. */
export async function withRedContents(
  context: ServerContext,
  tree: TreeFacts,
  files: readonly string[],
): Promise<TreeFacts> {
  if (files.length === 0) return tree;
  const wanted = new Set(files);
  const entries = await context.runner.readTree(tree.digest);
  const contentOf: Record<string, string> = {};
  for (const entry of entries) if (wanted.has(entry.path)) contentOf[entry.path] = entry.content;
  return { ...tree, contentOf };
}

/** Bodies of artifacts that were submitted earlier: a type left out is the last one submitted. */
export async function submittedArtifacts(context: ServerContext, task: TaskState): Promise<Record<string, JsonValue>> {
  const found: Record<string, JsonValue> = {};
  for (const [type, artifact] of Object.entries(task.artifacts)) {
    const payload = await context.ledger.getPayload(artifact.digest);
    if (payload?.state === "kept") found[type] = payload.body;
  }
  return found;
}

async function reviewFacts(context: ServerContext, task: TaskState): Promise<ReviewFact[]> {
  const found: ReviewFact[] = [];
  for (const review of task.reviews) {
    const payload = await context.ledger.getPayload(review.resultDigest);
    if (payload?.state !== "kept") continue;
    const issues = (payload.body as { issues?: ReviewFact["issues"] }).issues ?? [];
    const { model, tree, verdict } = review;
    const reviewer = parseId("principal", review.reviewer) ?? review.reviewer;
    found.push({ reviewer, model, tree, verdict, issues, body: payload.body });
  }
  return found;
}
