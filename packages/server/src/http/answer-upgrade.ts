import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { ProblemDocument } from "@phasegate/wire";

/** How long whoever was refused has to take the answer and go. */
const lingerMs = 1_000;

/**
 * Answers a request for another protocol with a problem document, and ends the connection. A body that comes behind the
 * head is read and dropped: unread, it would keep the connection, and with it a server that closes.
 */
export function refuseUpgrade(socket: Duplex, document: ProblemDocument): void {
  const body = JSON.stringify(document);
  const headers = [
    `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status] ?? "Refused"}`,
    "Content-Type: application/problem+json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(document.status === 401 ? ["WWW-Authenticate: Bearer"] : []),
    ...(document.retry_after === undefined ? [] : [`Retry-After: ${Math.ceil(document.retry_after)}`]),
    "Connection: close",
  ];
  socket.resume();
  const lingering = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(lingering));
  socket.end(`${headers.join("\r\n")}\r\n\r\n${body}`);
}
