import { IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { parseNoFurther, type PendingRefusals } from "./pending-refusals.ts";

/** Requests of one connection that wait for their answers. Clients that pipeline send a few; others send the next after it. */
const maxPipelined = 16;
/** Pieces of a chunked body that may be as small as they like; each is work of its own, whatever it holds. */
const freePieces = 1_000;
/** Bytes that each further piece has to bring on average. */
const bytesEachPiece = 64;
/** How often a server that closes looks for connections with nothing under way. */
const dismissalMs = 50;
/** When a server that closes ends every connection that is left, whatever is under way there. */
const lastMs = 10_000;

/**
 * Bounds the connections that a server holds open, in all and from one address, so that idle sockets of one client
 * leave room for the others. At an address's bound a new one takes the place of the oldest that has asked nothing, be it
 * that the head of its request never came to an end, or that it had no key; where all have, it is closed without an
 * answer: nothing was read from it yet. A connection that sends on and on without its answers, or a body in crumbs, is
 * closed too, and one that sends on behind what is refused ends with that refusal.
 *
 * Answers what the server calls when it closes: connections with nothing under way are ended until none is left, so
 * that a client that keeps one open, or never spoke, holds up nothing; after ten seconds all are.
 */
export function boundConnections(
  server: Server,
  bounds: { readonly all: number; readonly perAddress: number },
  refusals: PendingRefusals,
): () => void {
  server.maxConnections = bounds.all;
  const open = new Map<string, Set<Socket>>();
  const askers = askersOf(server);
  boundPipelines(server, refusals);
  server.prependListener("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const others = open.get(address) ?? new Set();
    if (others.size >= bounds.perAddress) {
      // A set keeps the order in which they came.
      const idle = [...others].find((other) => !askers.has(other) || refusals.has(other));
      if (idle === undefined) {
        socket.destroy();
        return;
      }
      others.delete(idle);
      idle.destroy();
    }
    open.set(address, others.add(socket));
    socket.once("close", () => {
      others.delete(socket);
      if (others.size === 0 && open.get(address) === others) open.delete(address);
    });
  });
  const dismiss = (): void => {
    server.closeIdleConnections();
    for (const socket of [...open.values()].flatMap((sockets) => [...sockets])) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  };
  return () => {
    const timer = setInterval(dismiss, dismissalMs);
    const last = setTimeout(() => {
      for (const socket of [...open.values()].flatMap((sockets) => [...sockets])) socket.destroy();
    }, lastMs);
    server.once("close", () => {
      clearInterval(timer);
      clearTimeout(last);
    });
    dismiss();
  };
}

/** Nothing that is done for a request is done for one past the bound, nor for those that were read with it. */
function boundPipelines(server: Server, refusals: PendingRefusals): void {
  const handlers = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners("request");
  const owed = new WeakMap<Socket, number>();
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (socket.destroyed) return;
    if (refusals.has(socket)) {
      refusals.stop(socket);
      return;
    }
    const waiting = owed.get(socket) ?? 0;
    if (waiting >= maxPipelined) {
      end(socket);
      return;
    }
    owed.set(socket, waiting + 1);
    if (request.headers["transfer-encoding"] !== undefined) boundPieces(request);
    response.once("close", () => owed.set(socket, (owed.get(socket) ?? 1) - 1));
    for (const handle of handlers) handle.call(server, request, response);
  });
}

/** A body of thousands of crumbs costs more than one of megabytes: its connection is closed. */
function boundPieces(request: IncomingMessage): void {
  const push = (piece: Buffer | null, encoding?: BufferEncoding): boolean =>
    IncomingMessage.prototype.push.call(request, piece, encoding);
  let pieces = 0;
  let bytes = 0;
  request.push = (piece: Buffer | null, encoding?: BufferEncoding): boolean => {
    if (request.destroyed) return false;
    pieces += 1;
    bytes += piece?.length ?? 0;
    if (piece === null || pieces <= freePieces + bytes / bytesEachPiece) return push(piece, encoding);
    end(request.socket);
    request.destroy();
    return false;
  };
}

function end(socket: Socket): void {
  parseNoFurther(socket);
  socket.destroy();
}

/** Connections on which a request came to its end, head and all, and was not refused for want of a key. */
function askersOf(server: Server): WeakSet<Socket> {
  const askers = new WeakSet<Socket>();
  server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (askers.has(socket)) return;
    askers.add(socket);
    response.once("close", () => {
      if (response.statusCode === 401) askers.delete(socket);
    });
  });
  server.prependListener("upgrade", ({ socket }: IncomingMessage) => void askers.add(socket));
  return askers;
}
