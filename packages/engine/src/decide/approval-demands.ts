import type { Principal } from "@phasegate/wire";
import { type CompiledCheck, type CompiledGate, countPrincipals, externalApprover } from "@phasegate/workflow";
import type { ApprovalDemand, ApprovalGrant, ApprovalState } from "../task-state.ts";

/** Who answers, as far as it decides which demands the answer counts for. */
type Answering = Pick<ApprovalGrant, "by" | "kind" | "roles" | "name" | "owner">;

/** What the approvers of a system begin with. */
const externalPrefix = externalApprover("");

/** True for checks that people answer. */
export function asksPeople(check: CompiledCheck): boolean {
  return !check.selfReported && check.needs.includes("approvals");
}

/** What each check of the gate that asks people asks for; of a check that only warns, nothing is waited for. */
export function demandsOf(gate: CompiledGate): readonly ApprovalDemand[] {
  const asking = gate.checks.filter(asksPeople);
  const blocking = asking.filter(({ severity }) => severity === "blocking");
  return (blocking.length > 0 ? blocking : asking).map(demandOf);
}

/** Everyone whose answer is heard, also for a check that only warns. */
export function approversOf(gate: CompiledGate): readonly string[] {
  const demands = gate.checks.filter(asksPeople).map(demandOf);
  return [...new Set(demands.flatMap(({ approvers }) => approvers))];
}

/** The fewest principals whose answers can be enough: each system answers for itself, one person for several checks. */
export function fewestApprovals(demands: readonly ApprovalDemand[]): number {
  const systems = new Set(demands.filter(isOfSystem).flatMap(({ approvers }) => approvers));
  const others = demands.filter((demand) => !isOfSystem(demand)).map(({ required }) => required);
  return systems.size + Math.max(0, ...others);
}

/** True when the grants answer every demand. */
export function isComplete(demands: readonly ApprovalDemand[], grants: readonly Answering[]): boolean {
  return demands.every((demand) => countGiven(demands, demand, grants) >= demand.required);
}

/** Each demand with how many principals have answered it. */
export function answeredDemands({
  demands,
  grants,
}: Pick<ApprovalState, "demands" | "grants">): readonly (ApprovalDemand & { readonly given: number })[] {
  return demands.map((demand) => ({ ...demand, given: countGiven(demands, demand, grants) }));
}

/** Everything that an approval still lacks, in words; empty when nothing is missing. */
export function missingApprovals(approval: Pick<ApprovalState, "demands" | "grants">): string {
  const missing = answeredDemands(approval).filter(({ given, required }) => given < required);
  return [...new Set(missing.map(demandText))].join(", and for ");
}

/**
 * `human`: a person with the role `approver` or `operator`. `external:` and a name: the service of that name with the role
 * `approver`. Any other word is the name of a role.
 */
export function isApprover(
  approvers: readonly string[],
  who: Pick<Principal, "kind"> & { readonly roles: readonly string[]; readonly name?: string },
): boolean {
  const isHuman = who.kind === "person" && (who.roles.includes("approver") || who.roles.includes("operator"));
  const system = systemOf(who);
  return approvers.some((approver) =>
    approver === "human" ? isHuman : approver === system || who.roles.includes(approver),
  );
}

/** A system that the gate asks by name answers for itself and for no other demand. */
function countGiven(
  demands: readonly ApprovalDemand[],
  { approvers }: ApprovalDemand,
  grants: readonly Answering[],
): number {
  const systems = new Set(demands.filter(isOfSystem).flatMap((demand) => demand.approvers));
  const counted = grants.filter((grant) => {
    const system = systemOf(grant);
    if (system !== null && systems.has(system)) return approvers.includes(system);
    return isApprover(approvers, grant);
  });
  return countPrincipals(counted);
}

function systemOf(who: {
  readonly kind: string;
  readonly roles: readonly string[];
  readonly name?: string;
}): string | null {
  return who.kind === "service" && who.roles.includes("approver") ? externalApprover(who.name ?? "") : null;
}

function isOfSystem({ approvers }: ApprovalDemand): boolean {
  return approvers.every((approver) => approver.startsWith(externalPrefix));
}

function demandText({ approvers, required, given }: ApprovalDemand & { readonly given: number }): string {
  const names = approvers.map((approver) => `\`${approver.replace(externalPrefix, "")}\``).join(" or ");
  if (isOfSystem({ approvers, required })) return `success posted by the system ${names}`;
  if (required === 1) return `1 approval by ${names}`;
  return `${required} approvals by ${names}${given > 0 ? ` (${given} given)` : ""}`;
}

function demandOf({ definition, parameters }: CompiledCheck): ApprovalDemand {
  const { name } = parameters;
  if (definition.name === "external" && typeof name === "string") {
    return { approvers: [externalApprover(name)], required: 1 };
  }
  const approvers = parameters["approvers"];
  const required = parameters["approvals_required"];
  return {
    approvers: Array.isArray(approvers) ? approvers.map(String) : ["human"],
    required: typeof required === "number" ? Math.max(1, required) : 1,
  };
}
