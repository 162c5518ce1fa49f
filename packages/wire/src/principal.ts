import type { KeyId, PrincipalId } from "./ids.ts";

export const principalKinds = ["person", "agent", "service"] as const;
export type PrincipalKind = (typeof principalKinds)[number];

export const principalRoles = ["agent", "reviewer", "approver", "operator", "admin", "auditor"] as const;
export type PrincipalRole = (typeof principalRoles)[number];

/** Who is calling, as the server established it. Nothing in it was typed by the caller. */
export interface Principal {
  readonly id: PrincipalId;
  readonly name: string;
  readonly kind: PrincipalKind;
  readonly roles: readonly PrincipalRole[];
  /** The person or service that answers for this principal; agents of one owner cannot judge each other. */
  readonly owner: PrincipalId | null;
  /** The key that was shown; null for the principal `open` and for the server itself. */
  readonly keyId: KeyId | null;
}

/** The principal of every caller under `security.auth: open`. It can neither approve nor review. */
export const openPrincipalId = "prn_open" as PrincipalId;
/** The principal under which the server records what it does by itself. */
export const serverPrincipalId = "prn_server" as PrincipalId;
