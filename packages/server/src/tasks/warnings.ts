import { type ApprovalState, type TaskState, withoutJudgedAnew } from "@phasegate/engine";
import type { Finding, JsonObject } from "@phasegate/wire";

/** What gates found and let pass, each with the phase and the stay that it was found in. */
export interface Warnings {
  readonly found: readonly JsonObject[];
  /** Of all that were found, also past those that are listed. */
  readonly total: number;
}

/** Most that one answer lists: the newest phases first. */
const maxListed = 500;

/** What the gates found that let the task on so far, the newest phase first. What several found is told once. */
export function warningsOf(task: Pick<TaskState, "gateVisits">): Warnings {
  return listed([], task.gateVisits);
}

/** What an approver has to know: what the gate that asks found, then what earlier gates let pass. */
export function warningsOfApproval(task: Pick<TaskState, "gateVisits">, approval: ApprovalState): Warnings {
  const { phase, entry, findings } = approval;
  // An approval that is over is shown with what was found before it.
  const before = task.gateVisits.filter((visit) => visit.entry < entry).map(withoutJudgedAnew);
  return listed(
    findings.map((finding) => warning(finding, phase, entry)),
    before,
    new Set(findings.map(nameOf)),
  );
}

function listed(own: readonly JsonObject[], visits: TaskState["gateVisits"], told: Set<string> = new Set()): Warnings {
  const found = [...own];
  let total = own.length;
  for (const { phase, entry, findings, total: ofVisit } of visits.toReversed()) {
    const fresh = findings.filter((finding) => !told.has(nameOf(finding)));
    for (const finding of fresh) {
      told.add(nameOf(finding));
      found.push(warning(finding, phase, entry));
    }
    total += ofVisit - (findings.length - fresh.length);
  }
  return { found: found.slice(0, maxListed), total };
}

function nameOf({ check, message }: Finding): string {
  return JSON.stringify([check, message]);
}

function warning(finding: Finding, phase: string, entry: number): JsonObject {
  return { ...finding, phase, entry };
}
