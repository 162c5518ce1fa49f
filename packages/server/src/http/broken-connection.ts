import type { Socket } from "node:net";
import { problem, type ProblemDocument } from "@phasegate/wire";

/** Answers what the HTTP parser gave up on: no request object exists, so the bytes are written to the socket. */
export function answerBrokenConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const document = documentOf(error.code);
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${document.status} ${document.title}\r\n` +
      "Content-Type: application/problem+json; charset=utf-8\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function documentOf(code: string | undefined): ProblemDocument {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return problem("request_timeout", "the request did not arrive in time", { hint: "send it faster, in one piece" });
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return problem("headers_too_large", "the request line and headers are past 16 kB", { hint: "send fewer headers" });
  }
  return problem("malformed_request", "the request is not HTTP/1.1", { hint: "use an HTTP client" });
}
