import { openPrincipalId, PhasegateError, type Principal } from "@phasegate/wire";
import type { Access } from "../http/route.ts";
import type { KeyRing } from "./key-ring.ts";

/** A principal, with the version of keys, roles and revocations that it was read at. */
export interface Identity {
  readonly principal: Principal;
  readonly authorityVersion: number;
}

export interface Authenticator {
  readonly mode: "keys" | "open";
  /** Who calls. Throws `unauthenticated` or `forbidden` when the route is not for them. */
  admit(access: Access, authorization: string | undefined): Identity;
  /** Whose key it is, whatever that one may do; null for none, and for one that is unknown, revoked or past its time. */
  holderOf(authorization: string | undefined): Principal | null;
  /** The same principal as it is now. Throws `unauthenticated` when its key is revoked or past its time. */
  revalidate(principal: Principal): Promise<Identity>;
}

/** Every caller without a key under `security.auth: open`. */
const openPrincipal: Principal = {
  id: openPrincipalId,
  name: "open",
  kind: "agent",
  roles: ["agent"],
  owner: null,
  keyId: null,
};

/** Callers of public routes, whoever they are. */
const nobody: Principal = { ...openPrincipal, roles: [] };

const maxKeyLength = 512;

export function createAuthenticator(mode: "keys" | "open", keys: KeyRing): Authenticator {
  return new KeyAuthenticator(mode, keys);
}

class KeyAuthenticator implements Authenticator {
  readonly mode: "keys" | "open";
  private readonly keys: KeyRing;

  constructor(mode: "keys" | "open", keys: KeyRing) {
    this.mode = mode;
    this.keys = keys;
  }

  admit(access: Access, authorization: string | undefined): Identity {
    if (access.kind === "public") return this.identity(nobody);
    const principal = this.principalOf(access, authorization);
    if (access.kind === "roles") requireRole(access, principal);
    return this.identity(principal);
  }

  holderOf(authorization: string | undefined): Principal | null {
    const key = keyOf(authorization);
    return key === null ? null : this.keys.principalOf(key);
  }

  async revalidate(principal: Principal): Promise<Identity> {
    if (principal.keyId === null) {
      await this.keys.refresh();
      return this.identity(principal);
    }
    await this.keys.refresh();
    const current = this.keys.principalOfKey(principal.keyId);
    if (!current) throw unauthenticated("the API key was revoked, or its time is over");
    return this.identity(current);
  }

  private principalOf(access: Access, authorization: string | undefined): Principal {
    if (authorization === undefined) {
      if (this.mode === "open" && access.kind === "principal" && access.open) return openPrincipal;
      throw unauthenticated("the call needs an API key");
    }
    const key = keyOf(authorization);
    if (key === null) {
      throw unauthenticated("the Authorization header is not `Bearer <key>`");
    }
    const principal = this.keys.principalOf(key);
    if (!principal) throw unauthenticated("the API key is unknown, revoked, or past its time");
    return principal;
  }

  private identity(principal: Principal): Identity {
    return { principal, authorityVersion: this.keys.authorityVersion };
  }
}

function keyOf(authorization: string | undefined): string | null {
  const key = /^bearer +([^\s]+)$/i.exec(authorization ?? "")?.[1];
  return key === undefined || key.length > maxKeyLength ? null : key;
}

function requireRole(access: Access & { kind: "roles" }, principal: Principal): void {
  if (access.person && principal.kind !== "person") {
    throw new PhasegateError("forbidden", "only a person may make this call", {
      hint: "use the key of a principal of kind `person`",
    });
  }
  if (access.roles.some((role) => principal.roles.includes(role))) return;
  throw new PhasegateError(
    "forbidden",
    `the call needs the role ${access.roles.map((role) => `\`${role}\``).join(" or ")}`,
    {
      hint: "ask an operator, or use a key with that role",
    },
  );
}

function unauthenticated(message: string): PhasegateError {
  return new PhasegateError("unauthenticated", message, {
    hint: "send `Authorization: Bearer <key>`; `phasegate key add` makes one",
  });
}
