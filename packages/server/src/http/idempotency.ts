import { type AppendBatch } from "@phasegate/ledger";
import { digestJson, errorRegistry, type JsonObject, PhasegateError } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { problemOf } from "./problems.ts";
import type { RouteAnswer, TokenMint } from "./route.ts";

const keptMs = 24 * 3_600_000;
/** Members of answers that are shown and never stored. */
const secretMembers = ["phase_token", "new_token", "key"];

/** The part of an append that records the answer in the same commit; empty without an Idempotency-Key. */
export function idempotentPart(caller: Caller, answer: RouteAnswer): Pick<AppendBatch, "idempotent"> {
  if (!caller.idempotency) return {};
  const { scope, key } = caller.idempotency;
  return { idempotent: { scope, key, answer: recordOf(answer) } };
}

/** To be called once the append of `idempotentPart` has succeeded. */
export function markRecorded(caller: Caller): void {
  if (caller.idempotency) caller.idempotency.finished = true;
}

export interface IdempotentStart {
  readonly scope: string;
  readonly key: string;
  /** All that makes two requests the same. */
  readonly request: unknown;
}

/**
 * Reserves the key, or gives the recorded answer of the first request. Throws `idempotency_key_reused`,
 * `idempotency_in_progress` or `outcome_unknown`. Looked up before any token is judged.
 */
export async function beginIdempotent(context: ServerContext, start: IdempotentStart): Promise<RouteAnswer | null> {
  const { scope, key } = start;
  const now = context.clock.now();
  const bodyDigest = digestJson(start.request);
  const found = await context.ledger.beginIdempotent({ scope, key, bodyDigest, expiresAt: now + keptMs, now });
  if (found.state === "begun") return null;
  if (found.state === "finished") return found.answer as unknown as RouteAnswer;
  if (found.state === "unknown") throw outcomeUnknown();
  if (found.state === "running") {
    throw new PhasegateError("idempotency_in_progress", "the first request with this key is still running", {
      retryAfterSeconds: 1,
      hint: "send the same request again after a moment",
    });
  }
  throw new PhasegateError("idempotency_key_reused", "the key was used for a request with another content", {
    hint: "use a fresh Idempotency-Key for each request",
  });
}

/** Records an answer that no append carried. */
export async function finishIdempotent(context: ServerContext, caller: Caller, answer: RouteAnswer): Promise<void> {
  const { idempotency } = caller;
  if (!idempotency || idempotency.finished) return;
  await context.ledger.finishIdempotent({ scope: idempotency.scope, key: idempotency.key, answer: recordOf(answer) });
  idempotency.finished = true;
}

/**
 * Settles the key of a request that was refused: what may be repeated as it is is forgotten, a final refusal is
 * recorded, and after a bug nobody knows what was done.
 */
export async function settleRefused(context: ServerContext, caller: Caller, error: unknown): Promise<void> {
  const { idempotency } = caller;
  if (!idempotency || idempotency.finished) return;
  const { scope, key } = idempotency;
  const document = problemOf(error);
  if (document.status === 500) {
    const unknown = outcomeUnknown().toProblem();
    await context.ledger.finishIdempotent({ scope, key, answer: problemRecord(unknown) });
  } else if (errorRegistry[document.code].retry) {
    await context.ledger.forgetIdempotent({ scope, key });
  } else {
    await context.ledger.finishIdempotent({ scope, key, answer: problemRecord(document) });
  }
}

/** The answer as it leaves: with the token that it promises. */
export async function withToken(context: ServerContext, answer: RouteAnswer): Promise<RouteAnswer> {
  if (!answer.mint) return answer;
  const { claims, member, expiresAtMember }: TokenMint = answer.mint;
  const { token, expiresAt } = await context.tokens.mint(claims);
  const body: Record<string, unknown> = { ...(answer.body as JsonObject), [member]: token };
  if (expiresAtMember !== undefined) body[expiresAtMember] = new Date(expiresAt).toISOString();
  return { ...answer, body };
}

function recordOf(answer: RouteAnswer): JsonObject {
  const { status, headers, mint } = answer;
  let body = answer.body;
  if (
    typeof body === "object" &&
    body !== null &&
    secretMembers.some((member) => Object.hasOwn(body as object, member))
  ) {
    const copy: Record<string, unknown> = { ...body };
    for (const member of secretMembers) if (member in copy) copy[member] = null;
    body = copy;
  }
  return { status, body, ...(headers ? { headers } : {}), ...(mint ? { mint } : {}) } as unknown as JsonObject;
}

function problemRecord(document: { readonly status: number }): JsonObject {
  const headers = { "content-type": "application/problem+json; charset=utf-8" };
  return { status: document.status, body: document, headers } as unknown as JsonObject;
}

function outcomeUnknown(): PhasegateError {
  return new PhasegateError("outcome_unknown", "nobody knows whether the first request with this key took effect", {
    hint: "look at the task before you go on; this key is never run again",
  });
}
