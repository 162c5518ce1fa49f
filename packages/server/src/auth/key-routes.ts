import {
  CreatedKeyAnswer,
  CreateKeyRequest,
  KeyAnswer,
  type KeyId,
  KeyListAnswer,
  KeyParams,
  type Place,
  PhasegateError,
  type Principal,
  type PrincipalId,
  type PrincipalRole,
  RevokeKeyQuery,
} from "@phasegate/wire";
import { type Route, route } from "../http/route.ts";
import { refuseAgents } from "./refuse-agents.ts";
import type { KeyState } from "./key-fold.ts";
import type { KeyRing } from "./key-ring.ts";
import { misnamed } from "./names.ts";

/** Roles that no agent's key may carry: agents cannot judge, mint or override. */
const rolesOfPeople: readonly PrincipalRole[] = ["approver", "operator", "admin"];

/** GET and POST /keys, DELETE /keys/{key_id}. */
export function keyRoutes(keys: KeyRing): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/keys",
      operationId: "listKeys",
      summary: "Lists keys, without the keys themselves",
      tag: "keys",
      access: { kind: "roles", roles: ["operator", "admin", "auditor"] },
      answers: { 200: KeyListAnswer },
      handle: async () => ({ status: 200, body: { keys: keys.list().map(keyAnswer) } }),
    }),
    route({
      method: "POST",
      path: "/api/v1/keys",
      operationId: "createKey",
      summary: "Makes a key for a person, agent or service; it is shown this once",
      tag: "keys",
      access: { kind: "roles", roles: ["operator", "admin"] },
      body: CreateKeyRequest,
      answers: { 201: CreatedKeyAnswer },
      handle: async (_context, caller, { body }) => {
        refuseAgents(caller.principal, "can neither make nor revoke keys");
        const owner = judge(keys, caller.principal, body);
        const { key, state } = await keys.create(caller.principal.id, {
          name: body.name,
          kind: body.kind,
          roles: body.roles,
          owner,
          expiresInSeconds: body.expires_in_seconds ?? null,
        });
        return { status: 201, body: { ...keyAnswer(state), key } };
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/keys/:key_id",
      operationId: "revokeKey",
      summary: "Revokes a key at once",
      tag: "keys",
      unbounded: true,
      access: { kind: "roles", roles: ["operator", "admin"] },
      params: KeyParams,
      query: RevokeKeyQuery,
      answers: { 200: KeyAnswer },
      handle: async (context, caller, { params, query }) => {
        refuseAgents(caller.principal, "can neither make nor revoke keys");
        const id = params.key_id as KeyId;
        refuseLastOperator(keys, id, context.clock.now());
        const state = await keys.revoke(caller.principal.id, id, query.reason ?? "");
        if (!state) {
          throw new PhasegateError("not_found", `no key has the id \`${params.key_id}\``, {
            hint: "GET /api/v1/keys lists them",
          });
        }
        return { status: 200, body: keyAnswer(state) };
      },
    }),
  ];
}

/** The owner's id, when the new key may be made; else `invalid_request` with each place, or `forbidden`. */
function judge(keys: KeyRing, by: Principal, wanted: CreateKeyRequest): PrincipalId | null {
  if (wanted.roles.includes("admin") && !by.roles.includes("admin")) {
    throw new PhasegateError("forbidden", "only an `admin` may make a key with the role `admin`", {
      hint: "leave the role out, or use an admin's key",
    });
  }
  const findings: Place[] = [];
  const existing = keys.findPrincipal(wanted.name);
  const owner = wanted.owner === undefined ? null : keys.findPrincipal(wanted.owner);
  // A principal that stands keeps its name: its keys must be replaceable.
  const message =
    existing?.name === wanted.name ? null : (misnamed(wanted.name, wanted.kind) ?? mistakable(keys, wanted));
  if (message !== null) findings.push({ place: "/name", message });
  if (existing && existing.kind !== wanted.kind) {
    findings.push({
      place: "/kind",
      message: `\`${wanted.name}\` is the name of a principal of kind \`${existing.kind}\``,
    });
  }
  if (wanted.kind === "agent" && wanted.roles.some((role) => rolesOfPeople.includes(role))) {
    findings.push({
      place: "/roles",
      message: `an agent cannot have ${rolesOfPeople.map((role) => `\`${role}\``).join(", ")}`,
    });
  }
  if (wanted.owner !== undefined && (!owner || owner.kind === "agent")) {
    findings.push({ place: "/owner", message: `no person or service is named \`${wanted.owner}\`` });
  }
  if (existing && owner && existing.owner !== owner.id) {
    findings.push({ place: "/owner", message: `\`${wanted.name}\` has another owner` });
  }
  const first = findings[0];
  if (first) throw new PhasegateError("invalid_request", `\`${first.place}\` ${first.message}`, { findings });
  return owner?.id ?? existing?.owner ?? null;
}

/** Why an agent's name would be taken for a person's or a service's, or theirs for an agent's. */
function mistakable(keys: KeyRing, { name, kind }: CreateKeyRequest): string | null {
  const taken = keys.principalsReadAs(name).find((one) => (one.kind === "agent") !== (kind === "agent"));
  return taken ? `reads like the name of a principal of kind \`${taken.kind}\`` : null;
}

function refuseLastOperator(keys: KeyRing, id: KeyId, now: number): void {
  const isLive = (key: KeyState) => key.revokedAt === null && now < key.expiresAtMs;
  const operators = keys.list().filter((key) => key.roles.includes("operator") && isLive(key));
  if (operators.length === 1 && operators[0]?.id === id) {
    throw new PhasegateError("last_operator_key", "this is the last key with the role `operator`", {
      hint: "make another operator key first: `phasegate key add --role operator`",
    });
  }
}

function keyAnswer(key: KeyState): KeyAnswer {
  return {
    id: key.id,
    principal: key.principalId,
    name: key.name,
    kind: key.kind,
    roles: [...key.roles],
    owner: key.owner,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
  };
}
