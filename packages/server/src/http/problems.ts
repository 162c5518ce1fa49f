import { type ProblemDocument, PhasegateError, problem, type ReasonCode, systemFault } from "@phasegate/wire";
import type { FastifyReply } from "fastify";

/** What fastify throws by itself, in our words. */
const frameworkErrors: Readonly<Record<string, { code: ReasonCode; detail: string; hint: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: "payload_too_large",
    detail: "the body is larger than this server takes",
    hint: "send less, or raise `server.body_limit_bytes`",
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: "unsupported_media_type",
    detail: "the body is not `application/json`",
    hint: "send `Content-Type: application/json`",
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "malformed_request",
    detail: "the body does not have the length that Content-Length says",
    hint: "send the request again",
  },
  FST_ERR_BAD_URL: {
    code: "malformed_request",
    detail: "the path is not a valid URL",
    hint: "percent-encode it as UTF-8",
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    code: "not_found",
    detail: "nothing has a name that long",
    hint: "see /openapi.json",
  },
};

/**
 * The problem document for whatever was thrown. What is not a PhasegateError is a bug or a fault outside: its words
 * stay in the log.
 */
export function problemOf(error: unknown): ProblemDocument {
  if (error instanceof PhasegateError && error.code !== "internal_error") return error.toProblem();
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  const known = typeof code === "string" ? frameworkErrors[code] : undefined;
  if (known) return problem(known.code, known.detail, { hint: known.hint });
  const fault = systemFault(error);
  if (fault) return fault.toProblem();
  return problem("internal_error", "something went wrong inside the server; nothing was granted", {
    hint: "the server's log has the request id of this answer's X-Request-Id header",
  });
}

/** True for errors that must be logged: bugs and faults, not refusals. */
export function isFault(document: ProblemDocument): boolean {
  return document.status === 500;
}

export function sendProblem(reply: FastifyReply, document: ProblemDocument): void {
  if (document.status === 401) reply.header("www-authenticate", "Bearer");
  if (document.retry_after !== undefined) reply.header("retry-after", String(Math.ceil(document.retry_after)));
  reply.code(document.status).header("content-type", "application/problem+json; charset=utf-8");
  reply.send(JSON.stringify(document));
}
