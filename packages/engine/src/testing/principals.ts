import type { EventId, Principal, PrincipalId, PrincipalKind, PrincipalRole } from "@phasegate/wire";
import { serverPrincipalId } from "@phasegate/wire";
import type { CommandContext } from "../commands.ts";

function principal(name: string, kind: PrincipalKind, roles: readonly PrincipalRole[]): Principal {
  return { id: `prn_${name}` as PrincipalId, name, kind, roles, owner: null, keyId: null };
}

export const ada = principal("ada", "agent", ["agent"]);
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
