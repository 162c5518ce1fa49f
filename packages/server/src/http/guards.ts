import { PhasegateError } from "@phasegate/wire";
import type { IncomingMessage } from "node:http";
import { isLoopbackHost } from "../config/loopback.ts";

/**
 * Keeps browsers of other sites away, also after DNS rebinding: on loopback the Host header must name a loopback
 * address with the port that was called, or none; an Origin header must be the server's own. Throws
 * `host_not_allowed` or `origin_not_allowed`.
 */
export class HostGuard {
  private readonly onLoopback: boolean;
  /** Accepted Host headers by the port that they came in on. Bounded: a name with a port has few spellings. */
  private readonly accepted = new Set<string>();

  constructor(listenHost: string) {
    this.onLoopback = isLoopbackHost(listenHost);
  }

  check(request: IncomingMessage): void {
    const host = request.headers.host;
    const port = request.socket.localPort;
    if (this.onLoopback) this.checkHost(host, port);
    const origin = request.headers.origin;
    if (origin !== undefined && !this.isOwn(origin, host)) {
      throw new PhasegateError("origin_not_allowed", "the Origin header names another site", {
        hint: "call from the server's own pages, or without a browser",
      });
    }
  }

  private checkHost(host: string | undefined, port: number | undefined): void {
    const known = `${port ?? ""} ${host ?? ""}`;
    if (this.accepted.has(known)) return;
    const parsed = host === undefined ? null : parseHost(host);
    if (!parsed || !isLoopbackHost(parsed.name) || (parsed.port !== null && port && parsed.port !== port)) {
      throw new PhasegateError("host_not_allowed", "the Host header does not name this server on loopback", {
        hint: "call it as `localhost` or `127.0.0.1` with its own port",
      });
    }
    if (this.accepted.size < 100) this.accepted.add(known);
  }

  private isOwn(origin: string, host: string | undefined): boolean {
    if (!URL.canParse(origin)) return false;
    const { protocol, host: site } = new URL(origin);
    return (protocol === "http:" || protocol === "https:") && host !== undefined && site === host.toLowerCase();
  }
}

function parseHost(host: string): { name: string; port: number | null } | null {
  const match = /^(\[[0-9a-f:]+\]|[^:[\]@/\\?#\s]+)(?::(\d{1,5}))?$/i.exec(host);
  if (!match?.[1]) return null;
  return { name: match[1], port: match[2] === undefined ? null : Number(match[2]) };
}
