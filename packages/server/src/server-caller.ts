import { serverPrincipalId } from "@phasegate/wire";
import type { Principal } from "@phasegate/wire";
import type { Caller } from "./context.ts";

const serverPrincipal: Principal = {
  id: serverPrincipalId,
  name: "phasegate",
  kind: "service",
  roles: ["operator"],
  owner: null,
  keyId: null,
};

/** Nobody waits for what the server does by itself: its jobs have limits of their own. */
const neverFires = new AbortController().signal;

/** The server acting by itself: expiring leases, closing what a crash left open. No request can become this caller. */
export function serverCaller(): Caller {
  return {
    principal: serverPrincipal,
    requestId: "server",
    signal: neverFires,
    authorityVersion: null,
    revalidate: () => Promise.resolve(),
    idempotency: null,
  };
}

/** The same caller under another signal, for work that outlives its request. */
export function callerWithSignal(caller: Caller, signal: AbortSignal): Caller {
  return {
    get principal() {
      return caller.principal;
    },
    get authorityVersion() {
      return caller.authorityVersion;
    },
    requestId: caller.requestId,
    signal,
    revalidate: () => caller.revalidate(),
    idempotency: caller.idempotency,
  };
}
