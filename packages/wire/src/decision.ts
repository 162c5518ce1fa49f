import type { ReasonCode } from "./errors/registry.ts";
import type { EvidenceId } from "./ids.ts";
import type { JsonObject } from "./json.ts";

/** `file:line:column` of the workflow rule that decided, for instance `agent_workflow.yaml:41:7`. */
export type RuleReference = string;

/** A call that the reader can make as it stands. */
export interface NextCall {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: JsonObject;
}

/** Why something was decided as it was. Every denial carries at least one. */
export interface Reason {
  readonly code: ReasonCode;
  /** One line, lower case, values in back-ticks: what was seen. */
  readonly message: string;
  readonly rule?: RuleReference;
  /** What to do next, one line. */
  readonly hint?: string;
  readonly next?: NextCall;
}

export const severities = ["blocking", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

/** Where the facts behind a finding came from. */
export const findingSources = ["evidence", "artifact", "ledger", "tree", "self_reported"] as const;
export type FindingSource = (typeof findingSources)[number];

/** The outcome of one check that did not simply pass. */
export interface Finding {
  readonly check: string;
  readonly severity: Severity;
  readonly message: string;
  readonly source: FindingSource;
  readonly rule: RuleReference | null;
  readonly evidence_id?: EvidenceId;
}
