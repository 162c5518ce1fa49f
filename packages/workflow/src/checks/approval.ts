import { Type } from "typebox";
import type { JsonObject } from "@phasegate/wire";
import type { CheckDefinition } from "./definition.ts";
import { fail, pass } from "./outcome.ts";

/** The approver that is no one: the gate opens by itself once every blocking check has passed. */
export const automaticApprover = "orchestrator";

export const approval: CheckDefinition = {
  name: "approval",
  aliases: ["quorum"],
  passesWhen:
    "`approvals_required` principals with one of the roles `approvers` approved exactly this digest; `orchestrator` approves by itself once every blocking check of the gate passes",
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
  implemented: true,
  implementedFor: isAutomatic,
  selfReportable: false,
  warningOnly: false,
  judge({ parameters }) {
    // The gate asks for all its blocking checks, so this one has nothing to add to them.
    return isAutomatic(parameters) ? pass("approved automatically") : fail("no approval was gathered");
  },
};

/** True when no person takes part: the orchestrator is the only approver and one approval is enough. */
export function isAutomatic(parameters: JsonObject): boolean {
  const approvers = parameters["approvers"];
  const required = parameters["approvals_required"] ?? 1;
  return Array.isArray(approvers) && approvers.length === 1 && approvers[0] === automaticApprover && required === 1;
}
