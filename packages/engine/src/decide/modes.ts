import type { EnforcementMode, Reason, ReasonCode } from "@phasegate/wire";

/**
 * What permissive and advisory mode relax: the workflow's own rules, and nothing else. A code that is not listed
 * here denies in every mode.
 */
const relaxable: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "tool_not_allowed",
  "path_not_allowed",
  "command_not_allowed",
  "gate_blocked",
  "artifact_missing",
  "artifact_invalid",
]);

export interface Weighed {
  /** Deny. */
  readonly denials: readonly Reason[];
  /** Would deny under strict. */
  readonly relaxed: readonly Reason[];
}

export function weigh(mode: EnforcementMode, reasons: readonly Reason[]): Weighed {
  if (mode === "strict") return { denials: reasons, relaxed: [] };
  return {
    denials: reasons.filter((reason) => !relaxable.has(reason.code)),
    relaxed: reasons.filter((reason) => relaxable.has(reason.code)),
  };
}
