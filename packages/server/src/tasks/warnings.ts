import type { ApprovalState, TaskState } from "@phasegate/engine";
import type { Finding, JsonObject } from "@phasegate/wire";

/** What gates found and let pass, each with the phase and the stay that it was found in. */
export interface Warnings {
  readonly found: readonly JsonObject[];
  /** Of all that were found, also past those that are listed. */
  readonly total: number;
}

/** Most that one answer lists: the newest phases first. */
const maxListed = 500;

/** What the gates found that let the task on so far, the newest phase first. */
export function warningsOf(task: Pick<TaskState, "gateVisits">): Warnings {
  const visits = task.gateVisits.toReversed();
  const found = visits.flatMap(({ phase, entry, findings }) => findings.map((one) => warning(one, phase, entry)));
  return { found: found.slice(0, maxListed), total: visits.reduce((sum, visit) => sum + visit.total, 0) };
}

/** What an approver has to know: what the gate that asks found, then what earlier gates let pass. */
export function warningsOfApproval(task: Pick<TaskState, "gateVisits">, approval: ApprovalState): Warnings {
  const own = approval.findings.map((finding) => warning(finding, approval.phase, approval.entry));
  const named = new Set(approval.findings.map(nameOf));
  // An approval that is over is shown with what was found before it.
  const before = task.gateVisits
    .filter((visit) => visit.entry < approval.entry)
    .map((visit) => {
      const findings = visit.findings.filter((finding) => !named.has(nameOf(finding)));
      return { ...visit, findings, total: visit.total - (visit.findings.length - findings.length) };
    });
  const earlier = warningsOf({ gateVisits: before });
  return { found: [...own, ...earlier.found].slice(0, maxListed), total: own.length + earlier.total };
}

function nameOf({ check, message }: Finding): string {
  return JSON.stringify([check, message]);
}

function warning(finding: Finding, phase: string, entry: number): JsonObject {
  return { ...finding, phase, entry };
}
