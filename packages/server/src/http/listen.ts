import { once } from "node:events";
import { createServer } from "node:net";
import { PhasegateError } from "@phasegate/wire";
import type { FastifyInstance } from "fastify";

/** Listens, and answers the address; or PhasegateError `config_invalid` says why the address cannot be had. */
export async function listen(app: FastifyInstance, server: { host: string; port: number }): Promise<string> {
  try {
    return await app.listen({ host: server.host, port: server.port });
  } catch (error) {
    throw new PhasegateError("config_invalid", reasonOf(error, server), { hint: hintOf(error) }, { cause: error });
  }
}

/** Why a server could not listen there now; null when it could. Nothing listens there afterwards. */
export async function examineAddress(server: { host: string; port: number }): Promise<string | null> {
  const listener = createServer();
  try {
    listener.listen({ host: server.host, port: server.port });
    await once(listener, "listening");
    return null;
  } catch (error) {
    return reasonOf(error, server);
  } finally {
    listener.close();
  }
}

function reasonOf(error: unknown, { host, port }: { host: string; port: number }): string {
  const code = codeOf(error);
  if (code === "EADDRINUSE") return `port ${port} of \`${host}\` is taken by another program`;
  if (code === "EACCES") return `this user may not listen on port ${port}`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `\`${host}\` is no address of this machine`;
  return `cannot listen on port ${port} of \`${host}\`: ${error instanceof Error ? error.message : "unknown error"}`;
}

function hintOf(error: unknown): string {
  if (codeOf(error) === "EADDRNOTAVAIL" || codeOf(error) === "ENOTFOUND")
    return "set `server.host`; 127.0.0.1 is the default";
  return "set `server.port` to another port (PHASEGATE_SERVER_PORT, or `phasegate serve --port`)";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
