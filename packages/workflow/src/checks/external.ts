import { Type } from "typebox";
import type { CheckDefinition } from "./definition.ts";
import { fail, pass } from "./outcome.ts";

/** Who answers for a system: in a list of approvers it stands for the service of that name, with the role `approver`. */
export function externalApprover(system: string): string {
  return `external:${system}`;
}

export const external: CheckDefinition = {
  name: "external",
  aliases: [],
  passesWhen:
    "the system `name`, a principal of kind service with the role `approver`, has posted success for exactly this digest",
  parameters: Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 200, description: "the system that reports" }),
      timeout_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 31_536_000 })),
    },
    { additionalProperties: false },
  ),
  needs: ["approvals"],
  source: "ledger",
  selfReportable: false,
  warningOnly: false,
  judge({ parameters, facts }) {
    const system = parameters["name"] as string;
    const authors = new Set(facts.authors);
    const posted = (facts.approvals ?? []).some(
      ({ by, kind, roles, name }) =>
        kind === "service" && name === system && roles.includes("approver") && !authors.has(by),
    );
    if (posted) return pass(`\`${system}\` posted success`);
    return fail(`\`${system}\` has posted no success for this digest`, "it is asked when nothing else is missing");
  },
};
