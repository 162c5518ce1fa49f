import type { AssuranceLevel } from "@phasegate/wire";

/** The workflow of review tasks, which the server brings itself. */
export const reviewWorkflowName = "phasegate-review";

/** One phase in which nothing may be changed; its own repository, so that each has a digest of its own. */
export function reviewWorkflowText(repository: string, assurance: AssuranceLevel): string {
  return [
    `name: ${reviewWorkflowName}`,
    "description: Somebody else's work is read; what is found is posted on that work.",
    `workspace: { repository: ${JSON.stringify(repository)} }`,
    `enforcement: { assurance: ${assurance} }`,
    "phases:",
    "  - { id: REVIEW, name: Review, tools: [read] }",
    "",
  ].join("\n");
}
