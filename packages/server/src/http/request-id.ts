import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

const prefix = randomBytes(6).toString("hex");
let counter = 0;

/** The client's X-Request-Id when it is short and plain, else one that is unique across restarts. */
export function makeRequestId(request: Pick<IncomingMessage, "headers">): string {
  const given = request.headers["x-request-id"];
  if (typeof given === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(given)) return given;
  counter += 1;
  return `${prefix}-${counter.toString(36)}`;
}
