import type { Finding } from "@phasegate/wire";
import { isJudgedAnew } from "../judged-anew.ts";
import { type GateVisit, maxFindingsOfVisit, maxGateVisits, type TaskState } from "../task-state.ts";

/**
 * The visits with the one that ends now. Going on replaces what earlier visits of the phase found; going back passed no
 * gate, so what it found is added and takes nothing away but what each way out judges of the whole tree anew.
 */
export function withVisit(
  { phase, entry, gateVisits }: TaskState,
  findings: readonly Finding[],
  kind: "forward" | "rework",
): readonly GateVisit[] {
  const others = kind === "rework" ? gateVisits : gateVisits.filter((visit) => visit.phase !== phase);
  const kept = others.map(withoutJudgedAnew).filter((visit) => visit.total > 0);
  if (findings.length === 0) return kept;
  const visit = { phase, entry, findings: weightiest(findings), total: findings.length };
  return [...kept, visit].slice(-maxGateVisits);
}

/** A visit without what a later one judges anew. */
export function withoutJudgedAnew(visit: GateVisit): GateVisit {
  const findings = visit.findings.filter((finding) => !isJudgedAnew(finding));
  return { ...visit, findings, total: visit.total - (visit.findings.length - findings.length) };
}

const weights = { blocking: 0, warning: 1, info: 2 } as const;

/** By severity; of each severity one of every check comes before the second of any: no number of one hides another. */
function weightiest(findings: readonly Finding[]): readonly Finding[] {
  const counts = new Map<string, number>();
  return findings
    .map((finding) => {
      const turn = counts.get(finding.check) ?? 0;
      counts.set(finding.check, turn + 1);
      return { finding, turn };
    })
    .toSorted((one, other) => weights[one.finding.severity] - weights[other.finding.severity] || one.turn - other.turn)
    .slice(0, maxFindingsOfVisit)
    .map(({ finding }) => finding);
}
