import type { Finding, NextCall, Reason, RuleReference } from "../decision.ts";
import type { JsonObject } from "../json.ts";
import { errorRegistry, type ReasonCode } from "./registry.ts";

/** RFC 9457 problem document, with the members that Phasegate adds. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ReasonCode;
  readonly findings?: readonly (Finding | Place)[];
  readonly blockers?: readonly string[];
  readonly hint?: string;
  readonly next?: NextCall;
  readonly rule?: RuleReference;
  /** Seconds. */
  readonly retry_after?: number;
  /** What a tool had to say until it failed or was ended. */
  readonly result?: JsonObject;
}

/** A place in bad input: a JSON pointer into the request, or file:line:column. */
export interface Place {
  readonly place: string;
  readonly message: string;
}

export interface ProblemExtras {
  /** Instead of the code's own, where a call answers the code otherwise: an unknown task named in a body is a 422. */
  readonly status?: number;
  readonly hint?: string;
  readonly rule?: RuleReference;
  readonly next?: NextCall;
  readonly blockers?: readonly string[];
  readonly findings?: readonly (Finding | Place)[];
  readonly retryAfterSeconds?: number;
  readonly result?: JsonObject;
}

/** Where `type` of a problem document points. */
export const problemTypeBase = "https://phasegate.dev/errors/";

/** The problem document for a code. `detail` is one line and holds no secret. */
export function problem(code: ReasonCode, detail: string, extras: ProblemExtras = {}): ProblemDocument {
  const definition = errorRegistry[code];
  return {
    type: `${problemTypeBase}${code}`,
    title: definition.title,
    status: extras.status ?? definition.status,
    detail,
    code,
    ...(extras.findings ? { findings: extras.findings } : {}),
    ...(extras.blockers ? { blockers: extras.blockers } : {}),
    ...(extras.hint ? { hint: extras.hint } : {}),
    ...(extras.next ? { next: extras.next } : {}),
    ...(extras.rule ? { rule: extras.rule } : {}),
    ...(extras.retryAfterSeconds === undefined ? {} : { retry_after: extras.retryAfterSeconds }),
    ...(extras.result ? { result: extras.result } : {}),
  };
}

/**
 * The one exception that carries a registered code: bad input at an edge, or infrastructure that failed.
 * Expected outcomes of a decision are values (`Reason`), not exceptions.
 */
export class PhasegateError extends Error {
  readonly code: ReasonCode;
  readonly extras: ProblemExtras;

  constructor(code: ReasonCode, message: string, extras: ProblemExtras = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = "PhasegateError";
    this.code = code;
    this.extras = extras;
  }

  static fromReason(reason: Reason): PhasegateError {
    return new PhasegateError(reason.code, reason.message, reasonExtras(reason));
  }

  toProblem(): ProblemDocument {
    return problem(this.code, this.message, this.extras);
  }
}

/** The extras of a problem document that a reason carries. */
export function reasonExtras(reason: Reason): ProblemExtras {
  return {
    ...(reason.hint ? { hint: reason.hint } : {}),
    ...(reason.rule ? { rule: reason.rule } : {}),
    ...(reason.next ? { next: reason.next } : {}),
  };
}
