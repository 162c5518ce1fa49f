import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { Slices } from "@phasegate/ledger";
import { digestBytes, PhasegateError, problem } from "@phasegate/wire";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, Identity } from "../auth/authenticator.ts";
import type { ServerContext } from "../context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type LogContext, withLogContext } from "../telemetry/log-context.ts";
import type { RejectionLog } from "../telemetry/rejection-log.ts";
import type { Deadlines } from "./deadlines.ts";
import { beginIdempotent, finishIdempotent, settleRefused, withToken } from "./idempotency.ts";
import { largeBodyBytes } from "./large-bodies.ts";
import type { Load } from "./load.ts";
import type { PendingRefusals } from "./pending-refusals.ts";
import { isFault, problemOf, sendProblem } from "./problems.ts";
import { RequestCaller } from "./request-caller.ts";
import type { Route, RouteAnswer, RouteInput } from "./route.ts";
import { inSlices, jsonInSlices } from "./json-text.ts";
import { addressOf, refusedParty, type Turn, type TurnRequest } from "./turns.ts";
import type { Validator, ValidatorCompiler } from "./validation.ts";

export interface RouteRunnerParts {
  readonly context: ServerContext;
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  readonly load: Load;
  readonly deadlines: Deadlines;
  readonly refusals: PendingRefusals;
  readonly rejections: RejectionLog;
  /** What could not be answered for want of something: disk, descriptors, time. */
  readonly faults: RejectionLog;
}

interface PreparedRoute {
  readonly route: Route;
  readonly body: Validator | null;
  readonly query: Validator | null;
  readonly params: Validator | null;
  /** By status; null where answers are not checked. */
  readonly answers: ReadonlyMap<number, (body: unknown) => string | null> | null;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set once the caller was admitted; its place in the load is given back when the connection is done with it. */
    caller: RequestCaller | null;
    /** Given back when the connection is done with the request, and so is what worked for it. */
    turn: Turn | null;
  }
}

interface Entry {
  readonly route: Route;
  readonly identity: Identity;
  readonly party: string;
  /** When the headers were there, by a clock that nobody sets. */
  readonly beganAt: number;
}

const closingGraceMs = 5_000;
const maxAnnouncedBytes = 10_000_000;
const emptyBody: Readonly<Record<string, never>> = Object.freeze({});

/** Runs routes: admits the caller, validates, repeats or begins, calls the use case, answers. In this order. */
export class RouteRunner {
  /** True from the moment at which the server begins to close. */
  closing = false;
  private readonly streaming = new Set<RequestCaller>();
  private readonly admitted = new Set<RequestCaller>();
  private readonly parts: RouteRunnerParts;

  constructor(parts: RouteRunnerParts) {
    this.parts = parts;
  }

  add(app: FastifyInstance, route: Route, compiler: ValidatorCompiler, checkAnswers: boolean): void {
    if (!app.hasRequestDecorator("caller")) app.decorateRequest("caller", null).decorateRequest("turn", null);
    const prepared: PreparedRoute = {
      route,
      body: route.body ? compiler.body(route.body) : null,
      query: route.query ? compiler.query(route.query) : null,
      params: route.params ? compiler.params(route.params) : null,
      answers: checkAnswers ? answerChecks(route, compiler) : null,
    };
    app.route({
      method: route.method,
      url: route.path,
      config: { operationId: route.operationId, isUnbounded: isUnbounded(route) },
      onRequest: (request, reply, done) => {
        try {
          this.admit(route, request, reply, done);
        } catch (error) {
          done(error as Error);
        }
      },
      handler: (request, reply) => {
        void this.trace(prepared, request, reply);
      },
    });
  }

  /**
   * Takes no new requests, ends streams, and closes connections as their last answer leaves. What still runs for a
   * request after five seconds is ended, and the request answered with how.
   */
  beginClosing(): void {
    this.closing = true;
    for (const caller of this.streaming) caller.disconnect("the server is shutting down");
    setTimeout(() => {
      for (const caller of this.admitted) caller.disconnect("the server is shutting down");
    }, closingGraceMs).unref();
  }

  /** Calls `begin` when the request may go on: at once, unless reading it took long. */
  awaitTurn(request: FastifyRequest, begin: (refusal: PhasegateError | null) => void): void {
    if (request.turn) this.parts.load.turns.await(request.turn, begin);
    else begin(null);
  }

  /**
   * Answers a request that was refused, or during which something broke. A refusal waits for its turn like any call,
   * in a line of its own, which rests after each.
   */
  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
    const { context, metrics, rejections, faults } = this.parts;
    const operation = request.routeOptions.config.operationId ?? "none";
    if (request.raw.destroyed && !request.raw.complete) {
      context.log.debug({ request_id: request.id, operation }, "the client hung up within its request");
      return;
    }
    const document = problemOf(error);
    if (document.status === 503 && !this.closing) {
      faults.write({ code: document.code, method: request.method, operation, request_id: request.id, err: error });
    }
    if (isFault(document)) {
      context.log.error({ err: error, request_id: request.id, operation }, "request failed");
    } else if (!request.caller || document.code === "invalid_request" || document.code === "malformed_request") {
      metrics.rejected(document.code);
      rejections.write({ code: document.code, method: request.method, operation, request_id: request.id });
    }
    const answer = (): void => {
      if (reply.sent) return;
      const endsHere = this.parts.refusals.end(request.raw.socket);
      // Reading to its end what is refused would cost as much as taking it.
      if (endsHere || hasMuchToRead(request.raw)) reply.header("connection", "close");
      sendProblem(reply, document);
    };
    if (request.turn || this.closing) answer();
    else this.refuseInTurn(request, reply, answer);
  }

  private refuseInTurn(request: FastifyRequest, reply: FastifyReply, answer: () => void): void {
    const { authenticator, refusals } = this.parts;
    const holder = authenticator.holderOf(request.headers.authorization);
    if (!holder) refusals.begin(request.raw.socket);
    this.takeTurn(request, reply, { party: refusedParty(request.raw, holder), refused: true }, answer);
  }

  private takeTurn(
    request: FastifyRequest,
    reply: FastifyReply,
    wanted: TurnRequest,
    begin: (refusal: PhasegateError | null) => void,
  ): void {
    const { turns } = this.parts.load;
    const { socket } = request.raw;
    const readBefore = socket.bytesRead;
    const announced = wanted.refused ? announcedBytes(request.raw) : 0;
    const turn = turns.open({ ...wanted, bytesRead: () => Math.max(announced, socket.bytesRead - readBefore) });
    request.turn = turn;
    reply.raw.once("close", () => turns.leave(turn));
    turns.await(turn, begin);
  }

  private admit(route: Route, request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const beganAt = performance.now();
    const identity = this.parts.authenticator.admit(route.access, request.headers.authorization);
    const { keyId, id } = identity.principal;
    const party = keyId === null ? addressOf(request.raw) : id;
    const { long = false } = route;
    const large = mayBeLarge(request.raw);
    this.takeTurn(request, reply, { party, unbounded: isUnbounded(route), long, large }, (refusal) => {
      try {
        if (refusal) throw refusal;
        this.enter({ route, identity, party, beganAt }, request, reply);
        done();
      } catch (error) {
        done(error as Error);
      }
    });
  }

  private enter({ route, identity, party, beganAt }: Entry, request: FastifyRequest, reply: FastifyReply): void {
    const { authenticator, load, deadlines, metrics } = this.parts;
    load.enter(party, { unbounded: isUnbounded(route) });
    const caller = new RequestCaller(request.id, identity, authenticator);
    request.caller = caller;
    this.admitted.add(caller);
    if (route.deadline !== "own") {
      deadlines.start(caller);
      caller.onTimeOut = () => {
        if (!reply.sent) sendProblem(reply, timedOut());
      };
    }
    reply.raw.once("close", () => {
      load.leave(party);
      deadlines.end(caller);
      this.streaming.delete(caller);
      this.admitted.delete(caller);
      // The server waits for its connections; one that was busy when the close began would idle on.
      if (this.closing) request.raw.socket.end();
      if (!reply.raw.writableFinished) caller.disconnect("the client closed the connection");
      metrics.answered(route.operationId, reply.statusCode, (performance.now() - beganAt) / 1_000);
    });
  }

  private trace(prepared: PreparedRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { method, path, operationId } = prepared.route;
    const parent = request.headers["traceparent"];
    const attributes = { "http.request.method": method, "http.route": path, "phasegate.request_id": request.id };
    return this.parts.context.tracing.span(
      operationId,
      { kind: "server", parent: typeof parent === "string" ? parent : null, attributes },
      async (span) => {
        const startedAt = performance.now();
        await this.run(prepared, request, reply);
        span.set({ "http.response.status_code": reply.statusCode });
        this.note(operationId, request, { status: reply.statusCode, ms: performance.now() - startedAt });
      },
    );
  }

  private note(
    operation: string,
    { id, params, body }: FastifyRequest,
    { status, ms }: { readonly status: number; readonly ms: number },
  ): void {
    const { log } = this.parts.context;
    if (!log.isLevelEnabled("debug")) return;
    const answered = { operation, status, duration_ms: Math.round(ms * 1_000) / 1_000 };
    log.debug({ ...idsOf(id, { params: params ?? {}, body: body ?? {} }), ...answered }, "request answered");
  }

  private async run(prepared: PreparedRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { context } = this.parts;
    const { caller, turn } = request;
    const { turns } = this.parts.load;
    if (turn) turns.share(turn);
    try {
      if (!caller) throw new PhasegateError("internal_error", "a request was run that was never admitted");
      const input = this.read(prepared, request);
      if (turn && prepared.route.commandLength) turns.judge(turn, prepared.route.commandLength(input.body));
      const answer = await withLogContext(idsOf(request.id, input), () => this.answer(prepared.route, caller, input));
      if (reply.sent) return;
      if (answer.stream) {
        this.streaming.add(caller);
        if (turn) turns.follow(turn);
      }
      const complete = await withToken(context, answer);
      if (prepared.answers) requirePromised(prepared, complete);
      const isHead = request.method === "HEAD";
      if (prepared.route.long && !complete.stream && !isHead) {
        await sendInSlices(reply, complete, new Slices(() => turns.haveOthers));
      } else send(reply, complete, isHead);
    } catch (error) {
      this.refuse(request, reply, error);
    } finally {
      if (turn) turns.leave(turn);
    }
  }

  private async answer(route: Route, caller: RequestCaller, input: Input): Promise<RouteAnswer> {
    const { context } = this.parts;
    const repeated = await begin(context, route, caller, input);
    if (repeated) return repeated;
    try {
      const answer = await route.handle(context, caller, input);
      if (caller.idempotency) await finishIdempotent(context, caller, answer);
      return answer;
    } catch (error) {
      if (caller.idempotency) await settleRefused(context, caller, error);
      throw error;
    }
  }

  private read(prepared: PreparedRoute, request: FastifyRequest): Input {
    const { route } = prepared;
    const query = request.query as Record<string, unknown>;
    prepared.params?.(request.params);
    prepared.query?.(query);
    let body = request.body;
    if (prepared.body) {
      body ??= {};
      prepared.body(body);
    }
    return {
      body: body ?? emptyBody,
      query,
      params: request.params,
      headers: request.headers,
      phaseToken: phaseTokenOf(body, request.headers["phase-token"], route.phaseTokenInQuery ? query : null),
    } as Input;
  }
}

type Input = RouteInput<never, never, never>;

function idsOf(requestId: string, { params, body }: Readonly<Record<"params" | "body", object>>): LogContext {
  const taskId = (params as { task_id?: unknown }).task_id ?? (body as { task_id?: unknown }).task_id;
  return { request_id: requestId, ...(typeof taskId === "string" ? { task_id: taskId } : {}) };
}

async function begin(
  context: ServerContext,
  route: Route,
  caller: RequestCaller,
  input: Input,
): Promise<RouteAnswer | null> {
  const header = input.headers["idempotency-key"];
  if (header === undefined || route.method === "GET") return null;
  if (typeof header !== "string" || !/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw new PhasegateError("invalid_request", "`Idempotency-Key` must be 1 to 255 printable characters", {
      findings: [{ place: "/headers/idempotency-key", message: "must be 1 to 255 printable characters" }],
      hint: "use a random UUID",
    });
  }
  const scope = `${caller.principal.id} ${route.method} ${route.path}`;
  const { body, query, params, phaseToken } = input;
  // The token's digest: tokens are never stored, and the request digest is.
  const token = phaseToken === null ? null : digestBytes(phaseToken);
  const asked = { body: caller.bodyDigest ?? body, query, params, token };
  const repeated = await beginIdempotent(context, { scope, key: header, request: asked });
  if (!repeated) caller.idempotency = { scope, key: header, finished: false };
  return repeated;
}

function answerChecks(
  route: Route,
  compiler: ValidatorCompiler,
): ReadonlyMap<number, (body: unknown) => string | null> {
  return new Map(Object.entries(route.answers).map(([status, schema]) => [Number(status), compiler.answer(schema)]));
}

/** Problems have their own shape, and streams and repeated problems none to check here. */
function requirePromised({ route, answers }: PreparedRoute, answer: RouteAnswer): void {
  if (answer.stream || answer.status >= 400 || typeof answer.body === "string") return;
  const check = answers?.get(answer.status);
  const wrong = check ? check(JSON.parse(JSON.stringify(answer.body))) : `status ${answer.status} is not promised`;
  if (wrong !== null) throw new Error(`\`${route.operationId}\` broke its promise: ${wrong}`);
}

function phaseTokenOf(body: unknown, header: unknown, query: Record<string, unknown> | null): string | null {
  const inBody = (body as { phase_token?: unknown } | undefined)?.phase_token;
  if (typeof inBody === "string") return inBody;
  if (typeof header === "string") return header;
  const inQuery = query?.["phase_token"];
  return typeof inQuery === "string" ? inQuery : null;
}

function send(reply: FastifyReply, answer: RouteAnswer, headOnly: boolean): void {
  reply.code(answer.status);
  if (answer.headers) reply.headers(answer.headers);
  if (answer.stream && !headOnly) {
    reply.send(Readable.from(answer.stream, { objectMode: false, highWaterMark: 65_536 }));
    return;
  }
  if (typeof answer.body === "string" && answer.headers?.["content-type"] !== undefined) {
    reply.send(answer.body);
    return;
  }
  if (answer.headers?.["content-type"] === undefined) reply.header("content-type", "application/json; charset=utf-8");
  reply.send(answer.body === undefined ? undefined : JSON.stringify(answer.body));
}

/** A long list as text costs as much as finding it. */
async function sendInSlices(reply: FastifyReply, answer: RouteAnswer, slices: Slices): Promise<void> {
  const pieces = await jsonInSlices(answer.body, slices);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  reply.code(answer.status).headers({
    "content-type": "application/json; charset=utf-8",
    "content-length": String(bytes),
    ...answer.headers,
  });
  const [only = Buffer.alloc(0)] = pieces;
  reply.send(pieces.length > 1 ? Readable.from(inSlices(pieces, slices), { objectMode: false }) : only);
}

function hasMuchToRead(request: IncomingMessage): boolean {
  return !request.complete && mayBeLarge(request);
}

function mayBeLarge({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > largeBodyBytes;
}

/** What is sent and refused by its head is copied all the same, up to what fits between two programs. */
function announcedBytes(request: IncomingMessage): number {
  if (!hasMuchToRead(request)) return 0;
  return Math.min(Number(request.headers["content-length"] ?? maxAnnouncedBytes), maxAnnouncedBytes);
}

/** What watches the server, and what operators end its trouble with. */
function isUnbounded(route: Route): boolean {
  return route.unbounded === true || route.tag === "health";
}

function timedOut() {
  return problem("timed_out", "deciding took longer than `server.timeout_seconds`; nothing was granted", {
    retryAfterSeconds: 1,
    hint: "look at the task, then send the request again",
  });
}

declare module "fastify" {
  interface FastifyContextConfig {
    operationId?: string;
    /** Answered also under pressure. */
    isUnbounded?: boolean;
  }
}
