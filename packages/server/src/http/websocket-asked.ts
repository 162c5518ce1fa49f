import type { IncomingMessage } from "node:http";

/**
 * Whether a request asks to go on as a WebSocket. Another protocol (`h2c`, which Java's client and `curl --http2` offer with
 * every request) is none that is spoken here: such a request is answered in HTTP/1.1, as RFC 9110 has it (7.8).
 */
export function asksForWebSocket({ headers }: Pick<IncomingMessage, "headers">): boolean {
  const protocols = (headers.upgrade ?? "").split(",");
  return protocols.some((protocol) => protocol.trim().toLowerCase() === "websocket");
}
