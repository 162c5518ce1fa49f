import type { EventId, Principal, PrincipalId, PrincipalKind, PrincipalRole } from "@phasegate/wire";
import { serverPrincipalId } from "@phasegate/wire";
import type { CommandContext } from "../commands.ts";

function principal(
  name: string,
  kind: PrincipalKind,
  roles: readonly PrincipalRole[],
  owner: PrincipalId | null = null,
): Principal {
  return { id: `prn_${name}` as PrincipalId, name, kind, roles, owner, keyId: null };
}

const owner = "prn_olga" as PrincipalId;

/** An agent of olga's. */
export const ada = principal("ada", "agent", ["agent"], owner);
/** Another of olga's, whose key may do everything that keys may. */
export const eve = principal("eve", "agent", ["agent", "reviewer", "approver", "operator"], owner);
/** A key of kind person that ada's owner gave to ada. */
export const adasPerson = principal("adasperson", "person", ["approver", "reviewer"], ada.id);
export const anna = principal("anna", "person", ["approver"]);
export const rex = principal("rex", "service", ["reviewer"]);
export const bob = principal("bob", "agent", ["agent"]);
/** An agent whose key was given too much. */
export const mallory = principal("mallory", "agent", ["agent", "operator"]);
export const olga = principal("olga", "person", ["operator"]);
export const audrey = principal("audrey", "person", ["auditor"]);
export const server: Principal = { ...principal("server", "service", ["operator"]), id: serverPrincipalId };

/** 2026-01-01T00:00:00.000Z */
export const startOfTime = 1_767_225_600_000;

let made = 0;

/** Who asks, and when. Event ids are counted. */
export function contextOf(principal: Principal, now = startOfTime): CommandContext {
  return {
    principal,
    now,
    nextEventId: () => {
      made += 1;
      return `evt_${made}` as EventId;
    },
  };
}
