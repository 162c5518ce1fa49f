import type { RuleReference } from "@phasegate/wire";

/** An error or warning about a workflow file. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** Stable, for tests and editors: `unknown-key`, `no-effect`, `automatic-approval`, `check_without_source`. */
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly place: RuleReference;
}
