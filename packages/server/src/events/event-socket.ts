import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { EventsQuery, PhasegateError } from "@phasegate/wire";
import type { FastifyInstance } from "fastify";
import { WebSocketServer } from "ws";
import type { Authenticator } from "../auth/authenticator.ts";
import type { ServerContext } from "../context.ts";
import { refuseUpgrade } from "../http/answer-upgrade.ts";
import { refusedParty, type Turns } from "../http/turns.ts";
import { HostGuard } from "../http/guards.ts";
import { isFault, problemOf } from "../http/problems.ts";
import { RequestCaller } from "../http/request-caller.ts";
import { ValidatorCompiler } from "../http/validation.ts";
import { beginAfter } from "./begin-after.ts";
import type { EventFilter } from "./event-stream.ts";
import { EventVisibility } from "./event-visibility.ts";
import { closeCodes, sendEvents } from "./socket-reader.ts";
import { type StreamLimits, StreamPlaces } from "./stream-places.ts";

export interface EventSocketLimits extends StreamLimits {
  readonly heartbeatMs: number;
  readonly slowMs: number;
}

const defaultLimits: EventSocketLimits = {
  maxStreams: 128,
  maxStreamsPerPrincipal: 16,
  heartbeatMs: 15_000,
  slowMs: 30_000,
};

export const eventSocketPath = "/api/v1/events/stream";
const maxMessageBytes = 1_024;
/** How long a reader has to answer that the stream ends with the server. */
const farewellMs = 1_000;

export interface EventSocketParts {
  readonly context: ServerContext;
  readonly authenticator: Authenticator;
  readonly turns: Turns;
}

/**
 * Serves `GET /events/stream` as a WebSocket: events from a position on, with the key and the filters of `GET /events`.
 * Whoever is refused gets a problem document in place of the upgrade. Streams end when the server closes.
 */
export function serveEventSocket(
  app: FastifyInstance,
  parts: EventSocketParts,
  limits: EventSocketLimits = defaultLimits,
): void {
  const sockets = new EventSockets(parts, limits);
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    void sockets.upgrade(request, socket, head);
  });
  app.addHook("preClose", (done) => {
    sockets.close();
    done();
  });
}

interface Wanted extends EventFilter {
  readonly after: number;
}

class EventSockets {
  readonly #context: ServerContext;
  readonly #authenticator: Authenticator;
  readonly #turns: Turns;
  readonly #limits: EventSocketLimits;
  readonly #places: StreamPlaces;
  readonly #guard: HostGuard;
  readonly #closing = new AbortController();
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  readonly #checkQuery = new ValidatorCompiler().query(EventsQuery);

  constructor({ context, authenticator, turns }: EventSocketParts, limits: EventSocketLimits) {
    this.#context = context;
    this.#authenticator = authenticator;
    this.#turns = turns;
    this.#limits = limits;
    this.#places = new StreamPlaces(limits);
    this.#guard = new HostGuard(context.config.server.host);
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      if (this.#closing.signal.aborted) throw shuttingDown();
      await this.#awaitTurn(request, socket);
      this.#guard.check(request);
      // Not as a URL: a target such as `//` is none.
      const [path, ...query] = (request.url ?? "").split("?");
      if (path !== eventSocketPath) {
        throw new PhasegateError("not_found", "nothing at this path speaks WebSocket", {
          hint: `use \`${eventSocketPath}\``,
        });
      }
      const identity = this.#authenticator.admit({ kind: "principal", open: false }, request.headers.authorization);
      const caller = new RequestCaller(randomUUID(), identity, this.#authenticator);
      const wanted = await this.#read(caller, new URLSearchParams(query.join("?")));
      if (socket.destroyed) return;
      this.#places.take(identity.principal.id, caller.signal);
      socket.once("close", () => caller.disconnect("the client closed the connection"));
      this.#server.handleUpgrade(request, socket, head, (ws) => {
        ws.on("error", () => ws.terminate());
        ws.on("message", () => ws.close(closeCodes.unexpectedMessage, "this stream takes no messages"));
        const { keyId } = identity.principal;
        const mayRead = (): boolean => keyId === null || this.#context.keys.principalOfKey(keyId) !== null;
        const { heartbeatMs, slowMs } = this.#limits;
        const { ledger, log } = this.#context;
        const signal = this.#closing.signal;
        sendEvents({ ...wanted, socket: ws, ledger, mayRead, heartbeatMs, slowMs, signal }).catch((error: unknown) => {
          log.error({ err: error }, "a stream of events broke");
          ws.close(closeCodes.fault, "the ledger cannot be read");
        });
      });
    } catch (error) {
      const document = problemOf(error);
      if (isFault(document)) this.#context.log.error({ err: error }, "an upgrade failed");
      refuseUpgrade(socket, document);
    }
  }

  close(): void {
    this.#closing.abort();
    this.#server.close();
    const late = setTimeout(() => {
      for (const socket of this.#server.clients) socket.terminate();
    }, farewellMs);
    late.unref();
  }

  /** Without a key nothing but a refusal comes of an upgrade. */
  #awaitTurn(request: IncomingMessage, socket: Duplex): Promise<void> {
    const holder = this.#authenticator.holderOf(request.headers.authorization);
    const turn = this.#turns.open(
      holder ? { party: holder.id } : { party: refusedParty(request, null), refused: true },
    );
    socket.once("close", () => this.#turns.leave(turn));
    return new Promise((resolve, reject) => {
      this.#turns.await(turn, (refusal) => (refusal ? reject(refusal) : resolve()));
    });
  }

  async #read(caller: RequestCaller, parameters: URLSearchParams): Promise<Wanted> {
    const query: Record<string, unknown> = {};
    for (const name of new Set(parameters.keys())) {
      const values = parameters.getAll(name);
      query[name] = values.length === 1 ? values[0] : values;
    }
    this.#checkQuery(query);
    const { after, type, task_id } = query as EventsQuery;
    const visibility = await EventVisibility.of(caller, this.#context.ledger);
    return {
      after: await beginAfter(this.#context.ledger, after ?? null),
      types: type ? new Set(type) : null,
      taskId: task_id === undefined ? null : await visibility.requireTask(this.#context, task_id),
      visibility,
    };
  }
}

function shuttingDown(): PhasegateError {
  return new PhasegateError("shutting_down", "the server is shutting down", {
    retryAfterSeconds: 5,
    hint: "connect again after the restart",
  });
}
