import { passes } from "./transport/client-retry.ts";
import type { Finding, NextCall, Place, ProblemDocument, ReasonCode, RuleReference } from "@phasegate/wire";

/** The server answered, and the answer is no. Everything that the problem document said is here. */
export class PhasegateApiError extends Error {
  /** The reason, from the registry in docs/reference/errors.md. */
  readonly code: ReasonCode;
  readonly status: number;
  /** `file:line:column` of the workflow rule that decided. */
  readonly rule: RuleReference | null;
  /** What to do next, one line. */
  readonly hint: string | null;
  /** A call that can be made as it stands. */
  readonly next: NextCall | null;
  readonly findings: readonly (Finding | Place)[];
  readonly blockers: readonly string[];
  /** Seconds after which to ask again. */
  readonly retryAfter: number | null;
  readonly problem: ProblemDocument;
  /** False: the same call gets the same answer. Policies of failure handling look at this and the next two. */
  readonly retryable: boolean;
  /** True: it speaks against the server, not against the call. */
  readonly countsAsFailure: boolean;
  /** False: no fallback may stand in. A refusal, and whatever became of a call that asks for a decision. */
  mayDegrade: boolean;

  constructor(problem: ProblemDocument, options?: ErrorOptions) {
    super(problem.detail, options);
    this.name = new.target.name;
    this.problem = problem;
    this.code = problem.code;
    this.status = problem.status;
    this.rule = problem.rule ?? null;
    this.hint = problem.hint ?? null;
    this.next = problem.next ?? null;
    this.findings = problem.findings ?? [];
    this.blockers = problem.blockers ?? [];
    this.retryAfter = problem.retry_after ?? null;
    this.retryable = passes(problem);
    this.countsAsFailure = problem.status >= 500;
    this.mayDegrade = this.retryable || this.countsAsFailure;
  }
}

/** 401: no API key, or one that is not valid. */
export class UnauthenticatedError extends PhasegateApiError {}
/** 403: the key is valid, but may not do this. */
export class ForbiddenError extends PhasegateApiError {}
/** 403: the phase token is dead, and the task could not be taken up again under this client's name. */
export class TokenError extends PhasegateApiError {}
/** 403: the phase does not allow the tool call, or its changes were rolled back. Do something else. */
export class ToolDeniedError extends PhasegateApiError {}
/** 400: the tool was allowed, ran, and failed. */
export class ToolFailedError extends PhasegateApiError {}
/** 400, 408, 413, 415, 422 and their like: the request is not one that the server takes. */
export class InvalidRequestError extends PhasegateApiError {}
/** 404: nothing there, or not yours to see; also `no_claimable_task`. */
export class NotFoundError extends PhasegateApiError {}
/** 409: the task is not in the state that the call needs. */
export class ConflictError extends PhasegateApiError {}
/** 429, after all retries. */
export class RateLimitedError extends PhasegateApiError {}
/** 503, after all retries. Nothing was granted. */
export class UnavailableError extends PhasegateApiError {}
/** 500: a bug of the server. The decision is a denial. */
export class ServerError extends PhasegateApiError {}

/** No answer came, also when asked again. Whether the call took effect is unknown; the next look at the task tells. */
export class PhasegateConnectionError extends Error {
  override readonly name = "PhasegateConnectionError";
  /** False: the call asked for a decision, and no fallback may stand in. */
  mayDegrade = true;
}

/** What answered is not a Phasegate server. */
export class PhasegateProtocolError extends Error {
  override readonly name = "PhasegateProtocolError";
  readonly retryable = false;
  mayDegrade = true;
}

/** The client was used in a way that cannot work: no task is held, or it was closed. Nothing was sent. */
export class PhasegateUsageError extends Error {
  override readonly name = "PhasegateUsageError";
  readonly retryable = false;
  readonly countsAsFailure = false;
  readonly mayDegrade = false;
}

type ApiErrorClass = new (problem: ProblemDocument, options?: ErrorOptions) => PhasegateApiError;

const byCode: Readonly<Partial<Record<ReasonCode, ApiErrorClass>>> = {
  tool_not_allowed: ToolDeniedError,
  path_not_allowed: ToolDeniedError,
  path_outside_workspace: ToolDeniedError,
  path_protected: ToolDeniedError,
  command_not_allowed: ToolDeniedError,
  rolled_back: ToolDeniedError,
  unsupported_entry: ToolDeniedError,
  tool_failed: ToolFailedError,
  tool_timeout: ToolFailedError,
  tool_not_available: ToolFailedError,
  token_malformed: TokenError,
  token_expired: TokenError,
  token_superseded: TokenError,
  token_wrong_task: TokenError,
  token_revoked: TokenError,
};

const byStatus: Readonly<Record<number, ApiErrorClass>> = {
  401: UnauthenticatedError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  429: RateLimitedError,
  503: UnavailableError,
};

/** The error for a problem document: by its code, else by its status. */
export function errorFromProblem(problem: ProblemDocument, options?: ErrorOptions): PhasegateApiError {
  const fallback = problem.status >= 500 ? ServerError : InvalidRequestError;
  const Class = byCode[problem.code] ?? byStatus[problem.status] ?? fallback;
  return new Class(problem, options);
}
