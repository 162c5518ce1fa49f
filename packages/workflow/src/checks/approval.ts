import { Type } from "typebox";
import { principalRoles, type ApprovalFact, type JsonObject } from "@phasegate/wire";
import type { CheckDefinition } from "./definition.ts";
import { counted, fail, listed, pass } from "./outcome.ts";

/** The approver that is no one: the gate opens by itself once every blocking check has passed. */
export const automaticApprover = "orchestrator";

/** The approver that is any principal of kind person, whatever its roles. */
const personApprover = "human";

/** What an approver may be: a role other than `agent`, which never approves, or one of the two words with a meaning of their own. */
export const approverNames: readonly string[] = [
  personApprover,
  automaticApprover,
  ...principalRoles.filter((role) => role !== "agent"),
];

export const approval: CheckDefinition = {
  name: "approval",
  aliases: ["quorum"],
  passesWhen:
    "`approvals_required` principals with one of the roles `approvers` approved exactly this digest, keys of people with one owner counted once; `human` is a person with the role `approver` or `operator`; `orchestrator` approves by itself once every blocking check of the gate passes",
  parameters: Type.Object(
    {
      approvers: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 50, uniqueItems: true }),
      ),
      approvals_required: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
    },
    { additionalProperties: false },
  ),
  needs: ["approvals"],
  needsFor: (parameters) => (isAutomatic(parameters) ? [] : ["approvals"]),
  source: "ledger",
  selfReportable: false,
  warningOnly: false,
  judge({ parameters, facts }) {
    // The gate asks for all its blocking checks, so this one has nothing to add to them.
    if (isAutomatic(parameters)) return pass("approved automatically");
    const approvers = approversOf(parameters);
    const required = requiredOf(parameters);
    if (approvers.length === 0) return fail("the approval names no approver");
    if (!facts.approvals) return fail(`no approval by ${listed(approvers)} was gathered`);
    const authors = new Set(facts.authors);
    const standing = facts.approvals.filter(({ by }) => !authors.has(by)).filter((fact) => mayApprove(fact, approvers));
    const count = countPrincipals(standing);
    if (count >= required) return pass(`approved by ${counted(count, "principal")}`);
    return fail(
      `${count} of ${counted(required, "approval")} by ${listed(approvers)}`,
      "a principal who is no author of the work approves with `phasegate approve`",
    );
  },
};

/** How many answered: keys of people that one owner answers for are one person's, and count once. */
export function countPrincipals(answers: readonly Pick<ApprovalFact, "by" | "kind" | "owner">[]): number {
  return new Set(answers.map(({ by, kind, owner }) => (kind === "person" ? (owner ?? by) : by))).size;
}

/** True when no person takes part: the orchestrator is the only approver and one approval is enough. */
function isAutomatic(parameters: JsonObject): boolean {
  const approvers = parameters["approvers"];
  const required = parameters["approvals_required"] ?? 1;
  return Array.isArray(approvers) && approvers.length === 1 && approvers[0] === automaticApprover && required === 1;
}

/** True when a principal of this kind and these roles is one of `approvers`; any one of them is enough. */
function mayApprove({ kind, roles }: Pick<ApprovalFact, "kind" | "roles">, approvers: readonly string[]): boolean {
  return approvers.some((approver) => (approver === personApprover ? kind === "person" : roles.includes(approver)));
}

/** Who may approve by the parameters of an `approval` check: `human` or names of roles. */
function approversOf(parameters: JsonObject): readonly string[] {
  const approvers = parameters["approvers"];
  return Array.isArray(approvers) ? approvers.map(String).filter((approver) => approver !== automaticApprover) : [];
}

/** How many principals have to approve. */
function requiredOf(parameters: JsonObject): number {
  const required = parameters["approvals_required"];
  return typeof required === "number" ? required : 1;
}
