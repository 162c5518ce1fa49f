import type { FactKind, Finding, Reason, Severity } from "@phasegate/wire";

/** One thing that stands against leaving the phase, or is worth a warning. */
export interface Objection {
  readonly finding: Finding;
  /** What a denial says of it. */
  readonly reason: Reason;
  /** The gate whose check it is; null for what is judged on every way out. */
  readonly gate: string | null;
}

/** What was judged of one part of a transition. */
export interface Judgement {
  readonly objections: readonly Objection[];
  /** Facts that are not there yet and can be gathered. */
  readonly needs: readonly FactKind[];
  /** Passed on the agent's own word. */
  readonly selfReported: readonly Finding[];
  /** What checks saw besides their verdict: stands against nothing. */
  readonly noted: readonly Finding[];
  /** Gates that lack nothing that a run could show, only people's approval. */
  readonly unapproved: readonly string[];
}

export const nothingFound: Judgement = { objections: [], needs: [], selfReported: [], noted: [], unapproved: [] };

export function combine(judgements: readonly Judgement[]): Judgement {
  return {
    objections: judgements.flatMap((one) => one.objections),
    needs: [...new Set(judgements.flatMap((one) => one.needs))],
    selfReported: judgements.flatMap((one) => one.selfReported),
    noted: judgements.flatMap((one) => one.noted),
    unapproved: [...new Set(judgements.flatMap((one) => one.unapproved))],
  };
}

export function objection(options: {
  readonly check: string;
  readonly source: Finding["source"];
  readonly reason: Reason;
  readonly severity?: Severity;
  readonly gate?: string | null;
  readonly evidenceId?: Finding["evidence_id"] | undefined;
}): Objection {
  const { check, source, reason } = options;
  return {
    finding: {
      check,
      severity: options.severity ?? "blocking",
      message: reason.message,
      source,
      rule: reason.rule ?? null,
      ...(options.evidenceId === undefined ? {} : { evidence_id: options.evidenceId }),
    },
    reason,
    gate: options.gate ?? null,
  };
}
