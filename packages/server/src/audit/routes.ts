import {
  AuditQueryAnswer,
  AuditQueryRequest,
  AuditRecentAnswer,
  AuditRecentRequest,
  AuditStatsAnswer,
  ErasePayloadAnswer,
  ErasePayloadParams,
  ErasePayloadRequest,
  PhasegateError,
  eventTypes,
  parseId,
} from "@phasegate/wire";
import type { EventType, JsonObject, PrincipalId } from "@phasegate/wire";
import type { AuditQuery, AuditRow } from "@phasegate/ledger";
import type { Caller, ServerContext } from "../context.ts";
import { route } from "../http/route.ts";
import { erasePayload } from "./erase-payload.ts";
import type { Route } from "../http/route.ts";
import { seesEveryTask, requireTaskId } from "../tasks/access.ts";
import { auditEntry } from "./audit-entry.ts";

const access = { kind: "principal", open: true } as const;
const defaultPage = 50;

/** An agent sees its own tasks; everyone else with a key that may look sees all. */
function scope(caller: Caller): Pick<AuditQuery, "visibleTo"> {
  return seesEveryTask(caller) ? {} : { visibleTo: caller.principal.id };
}

function entriesOf(context: ServerContext, rows: readonly AuditRow[]): JsonObject[] {
  const names = new Map<string, string | null>();
  const nameOf = (id: string): string | null => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const name = context.keys.findPrincipal(id)?.name ?? null;
    names.set(id, name);
    return name;
  };
  return rows.map((row) => auditEntry(row, nameOf));
}

/** A principal by name or id; an id whose keys are gone is looked for as it is. */
function principalOf(context: ServerContext, idOrName: string): PrincipalId {
  return context.keys.findPrincipal(idOrName)?.id ?? (idOrName as PrincipalId);
}

function eventTypesOf(names: readonly string[]): EventType[] {
  return names.map((name) => {
    const type = eventTypes.find((known) => known === name);
    if (type) return type;
    throw new PhasegateError("invalid_request", `\`${name}\` is no event type`, {
      findings: [{ place: "/type", message: `\`${name}\` is no event type` }],
      hint: `the types are ${eventTypes.join(", ")}`,
    });
  });
}

export const auditRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/api/v1/audit/payloads/:digest/erase",
    operationId: "erasePayload",
    summary: "Erases a body for good; the ledger says who and why",
    tag: "audit",
    access: { kind: "roles", roles: ["operator", "admin"] },
    params: ErasePayloadParams,
    body: ErasePayloadRequest,
    answers: { 200: ErasePayloadAnswer },
    handle: async (context, caller, { params, body }) => {
      const digest = await erasePayload(context, caller.principal.id, { digest: params.digest, reason: body.reason });
      return { status: 200, body: { digest, erased: true } };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/audit/query",
    operationId: "queryAudit",
    summary: "Audit entries that match, newest first",
    tag: "audit",
    access,
    query: AuditQueryRequest,
    long: true,
    answers: { 200: AuditQueryAnswer },
    handle: async (context, caller, { query }) => {
      if (query.task_id !== undefined && !parseId("task", query.task_id)) requireTaskId(query.task_id);
      const found = await context.ledger.queryAudit({
        ...scope(caller),
        ...(query.task_id === undefined ? {} : { taskId: requireTaskId(query.task_id) }),
        ...(query.phase === undefined ? {} : { phase: query.phase }),
        ...(query.tool_name === undefined ? {} : { toolName: query.tool_name }),
        ...(query.success === undefined ? {} : { success: query.success }),
        ...(query.agent_id === undefined ? {} : { agentId: query.agent_id }),
        ...(query.principal === undefined ? {} : { principal: principalOf(context, query.principal) }),
        ...(query.type === undefined ? {} : { types: eventTypesOf(query.type) }),
        ...(query.from === undefined ? {} : { from: query.from }),
        ...(query.to === undefined ? {} : { to: query.to }),
        limit: query.limit ?? defaultPage,
        ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
      });
      return {
        status: 200,
        body: { entries: entriesOf(context, found.entries), total: found.total, next_cursor: found.nextCursor },
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/audit/recent",
    operationId: "recentAudit",
    summary: "The newest audit entries",
    tag: "audit",
    access,
    query: AuditRecentRequest,
    long: true,
    answers: { 200: AuditRecentAnswer },
    handle: async (context, caller, { query }) => {
      const found = await context.ledger.queryAudit({ ...scope(caller), limit: query.count ?? defaultPage });
      return { status: 200, body: { entries: entriesOf(context, found.entries) } };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/audit/stats",
    operationId: "auditStats",
    summary: "Counts of tool calls: of all tasks from counters, for an agent of its own tasks",
    tag: "audit",
    access,
    long: true,
    answers: { 200: AuditStatsAnswer },
    handle: async (context, caller) => {
      const stats = await context.ledger.auditStats(scope(caller));
      return {
        status: 200,
        body: {
          total_entries: stats.totalEntries,
          total_successes: stats.totalSuccesses,
          total_failures: stats.totalFailures,
          success_rate: stats.totalEntries === 0 ? 0 : stats.totalSuccesses / stats.totalEntries,
          tools_used: stats.toolsUsed,
          phases: stats.phases,
        },
      };
    },
  }),
];
