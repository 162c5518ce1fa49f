import type { PrincipalRole } from "@phasegate/wire";
import type { Static, TSchema } from "typebox";
import type { Caller, MintClaims, ServerContext } from "../context.ts";

/** What a route may be called by, before any use case runs. */
export type Access =
  /** No credential: `/`, `/health`. */
  | { readonly kind: "public" }
  /** Any key; with `open: true` also without one under `security.auth: open` (the calls marked *c* in wire.md). */
  | { readonly kind: "principal"; readonly open: boolean }
  /** A key whose principal has one of these roles, and, if `person`, is a person. */
  | { readonly kind: "roles"; readonly roles: readonly PrincipalRole[]; readonly person?: boolean };

/** One call of the API: schemas are the source of validation and of OpenAPI. */
export interface Route<
  Body extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Params extends TSchema = TSchema,
> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** As fastify writes it: `/api/v1/tasks/:task_id/release`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** What the published API says besides, in Markdown. */
  readonly notes?: string;
  readonly tag: string;
  readonly access: Access;
  readonly body?: Body;
  readonly query?: Query;
  readonly params?: Params;
  /** Also takes the phase token as `?phase_token=`, which no log shows. */
  readonly phaseTokenInQuery?: boolean;
  /**
   * `own`: the use case bounds its own time (a tool, a transition that waits, a stream). Otherwise the request is
   * answered `timed_out` after `server.timeout_seconds`, and `caller.signal` fires.
   */
  readonly deadline?: "server" | "own";
  /** Answered also under pressure and beyond the limit of requests in work: operators end with it what leads there. */
  readonly unbounded?: true;
  /** Reads much, as every list does: of one client few are in work at once. */
  readonly long?: true;
  /** Characters of a command line in the body, which is judged word by word. */
  commandLength?(body: Static<Body>): number;
  /** Schemas of the good answers by status; problem documents are added for every route. */
  readonly answers: Readonly<Record<number, TSchema>>;
  handle(
    context: ServerContext,
    caller: Caller,
    input: RouteInput<Static<Body>, Static<Query>, Static<Params>>,
  ): Promise<RouteAnswer>;
}

export interface RouteInput<Body, Query, Params> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** From `phase_token` of the body, the header `Phase-Token`, or (snapshot only) the query. */
  readonly phaseToken: string | null;
}

/**
 * What a use case answers. Under an Idempotency-Key the http layer records it after `handle`, unless the use case put
 * it into the commit of its own events, which is better:
 *
 *     const answer: RouteAnswer = { status: 200, body, mint };
 *     await ledger.append({ ...batch, ...idempotentPart(caller, answer) });
 *     markRecorded(caller);
 *     return answer;
 *
 * (both from `idempotency.ts`; without a key they do nothing). A phase token is never recorded: name it in `mint`, and it is minted just
 * before the answer leaves, with the same token id again when the answer is repeated. Members `phase_token`,
 * `new_token` and `key` of the body are recorded as null.
 */
export interface RouteAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly mint?: TokenMint;
  /** Sent instead of `body`, piece by piece as fast as the client takes it; ended when the client or the server goes. */
  readonly stream?: AsyncIterable<string>;
}

/** A phase token to be put into the body. */
export interface TokenMint {
  readonly claims: MintClaims;
  /** Member of the body that gets the token. */
  readonly member: "phase_token" | "new_token";
  /** Member of the body that gets the time at which it ends. */
  readonly expiresAtMember?: string;
}

/** Keeps a route's types while it stands in a list of routes. */
export function route<Body extends TSchema, Query extends TSchema, Params extends TSchema>(
  definition: Route<Body, Query, Params>,
): Route {
  return definition as unknown as Route;
}
