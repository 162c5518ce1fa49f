import type { IncomingHttpHeaders } from "node:http";
import { PhasegateError } from "@phasegate/wire";
import fastify, { type FastifyInstance } from "fastify";
import type { Authenticator } from "../auth/authenticator.ts";
import type { ServerContext } from "../context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { RejectionLog } from "../telemetry/rejection-log.ts";
import { answerBrokenConnection } from "./broken-connection.ts";
import { boundConnections } from "./connections.ts";
import { Deadlines } from "./deadlines.ts";
import { HostGuard } from "./guards.ts";
import { parseJsonBody } from "./json-body.ts";
import { LargeBodies, largeBodyBytes } from "./large-bodies.ts";
import type { Load } from "./load.ts";
import { addOtherMethods } from "./other-methods.ts";
import { PendingRefusals } from "./pending-refusals.ts";
import { makeRequestId } from "./request-id.ts";
import { RouteRunner } from "./route-runner.ts";
import type { Route } from "./route.ts";
import { ValidatorCompiler } from "./validation.ts";
import { asksForWebSocket } from "./websocket-asked.ts";

export interface HttpAppOptions {
  readonly context: ServerContext;
  readonly routes: readonly Route[];
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  /** Closed by whoever made it. */
  readonly load: Load;
  readonly limits?: Partial<HttpLimits>;
  /** For tests: an answer without the shape that its route promises is a fault. Costs time for each answer. */
  readonly checkAnswers?: boolean;
}

/** Bounds on what clients may hold open. */
export interface HttpLimits {
  /** The headers of a request must arrive within this. */
  readonly headersMs: number;
  /** A whole request must arrive within this. */
  readonly requestMs: number;
}

const defaultLimits: HttpLimits = {
  headersMs: 10_000,
  requestMs: 60_000,
};

/**
 * The HTTP server, not yet listening. It parses, authenticates, validates and answers; it knows no rule. Whatever
 * goes wrong, the answer is a problem document (RFC 9457), and none of an unknown error's words are in it.
 */
export function createHttpApp(options: HttpAppOptions): FastifyInstance {
  const { context, routes, authenticator, metrics, load } = options;
  const { config, clock, log } = context;
  const limits = { ...defaultLimits, ...options.limits };
  const app = fastify({
    logger: false,
    bodyLimit: config.server.body_limit_bytes,
    requestTimeout: limits.requestMs,
    genReqId: makeRequestId,
    requestIdHeader: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 500 },
    http: {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.max(50, Math.min(1_000, limits.headersMs / 4)),
      maxHeaderSize: 16_384,
      shouldUpgradeCallback: asksForWebSocket,
    },
    clientErrorHandler: answerBrokenConnection,
    frameworkErrors: (error, request, reply) => runner.refuse(request, reply, error),
  });
  const { max_connections: all, max_connections_per_address: perAddress } = config.server;
  const refusals = new PendingRefusals();
  const dismissConnections = boundConnections(app.server, { all, perAddress }, refusals);

  const guard = new HostGuard(config.server.host);
  const deadlines = new Deadlines(
    () => context.config.server.timeout_seconds * 1_000,
    () => performance.now(),
  );
  const rejections = new RejectionLog(log, () => clock.now());
  const faults = new RejectionLog(log, () => clock.now());
  const runner = new RouteRunner({ context, authenticator, metrics, load, deadlines, refusals, rejections, faults });
  app.addHook("preClose", (done) => {
    runner.beginClosing();
    dismissConnections();
    done();
  });
  const largeBodies = new LargeBodies();
  app.addHook("onClose", async () => {
    deadlines.stop();
    await largeBodies.close();
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    runner.awaitTurn(request, (refusal) => {
      try {
        if (refusal) throw refusal;
        refuseEncodings(request.headers);
        if (body.length > largeBodyBytes) {
          const wantsDigest = request.headers["idempotency-key"] !== undefined;
          largeBodies.parse(body, { wantsDigest }, (error, read) => {
            if (request.caller && read) request.caller.bodyDigest = read.digest;
            done(error, read?.value);
          });
          return;
        }
        done(null, body.length === 0 ? undefined : parseJsonBody(body));
      } catch (error) {
        done(error as Error);
      }
    });
  });

  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(securityHeaders);
    reply.header("x-request-id", request.id);
    try {
      if (runner.closing) throw shuttingDown();
      guard.check(request.raw);
      if (request.routeOptions.config.isUnbounded !== true) load.refuseUnderPressure();
      // Before the body is read.
      if (request.is404) throw nothingThere(request.url);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  app.setErrorHandler((error, request, reply) => runner.refuse(request, reply, error));
  app.setNotFoundHandler((request, reply) => runner.refuse(request, reply, nothingThere(request.url)));

  const compiler = new ValidatorCompiler();
  const checkAnswers = options.checkAnswers ?? false;
  for (const route of routes) runner.add(app, route, compiler, checkAnswers);
  addOtherMethods(app, routes);
  return app;
}

/** No answer may be kept, framed or taken for something else; pages that need more say so themselves. */
const securityHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
} as const;

function refuseEncodings(headers: IncomingHttpHeaders): void {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(headers["content-type"] ?? "")?.[1];
  if ((charset === undefined || /^utf-?8$/i.test(charset)) && headers["content-encoding"] === undefined) return;
  throw new PhasegateError("unsupported_media_type", "the body is not plain UTF-8 JSON", {
    hint: "send `Content-Type: application/json` in UTF-8, without Content-Encoding",
  });
}

function nothingThere(url: string): PhasegateError {
  const path = url.split("?")[0] ?? "";
  return new PhasegateError("not_found", `nothing is at \`${path.slice(0, 200)}\``, { hint: "see /openapi.json" });
}

function shuttingDown(): PhasegateError {
  return new PhasegateError("shutting_down", "the server is shutting down", {
    retryAfterSeconds: 5,
    hint: "send the request again after the restart",
  });
}
