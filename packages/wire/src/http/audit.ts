import { type Static, Type } from "typebox";
import { ReasonSchema } from "../events/schemas.ts";
import {
  bounds,
  closed,
  Count,
  DigestText,
  IdText,
  NameText,
  nullable,
  pageQuery,
  ReasonText,
  text,
  Timestamp,
} from "./bounds.ts";

/** `GET /audit/query`. Unknown members are ignored: existing agents send more. */
export const AuditQueryRequest = Type.Object({
  task_id: Type.Optional(IdText),
  phase: Type.Optional(NameText),
  tool_name: Type.Optional(text(bounds.id)),
  success: Type.Optional(Type.Boolean()),
  agent_id: Type.Optional(IdText),
  principal: Type.Optional(text(bounds.name, "Name or id, whatever agent it worked as.")),
  type: Type.Optional(Type.Array(text(bounds.label), { maxItems: 50, description: "Event types." })),
  from: Type.Optional(Timestamp),
  to: Type.Optional(Timestamp),
  ...pageQuery,
});
export type AuditQueryRequest = Static<typeof AuditQueryRequest>;

export const AuditEntry = Type.Object({
  timestamp: Type.String(),
  task_id: nullable(Type.String()),
  phase: nullable(Type.String()),
  tool_name: nullable(Type.String()),
  args: Type.Unknown(),
  result: Type.Unknown(),
  duration_ms: nullable(Type.Number()),
  success: nullable(Type.Boolean()),
  error: nullable(Type.String()),
  event_id: Type.String(),
  type: Type.String(),
  decision: nullable(Type.String()),
  reasons: Type.Array(ReasonSchema),
  agent_id: nullable(Type.String()),
  /** Name of who did it, whatever it called itself; its id where it has no name. */
  principal: Type.String(),
  /** `self_reported`: on the agent's word alone; the server carried out nothing. */
  source: nullable(Type.Literal("self_reported")),
  hash: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditQueryAnswer = Type.Object({
  entries: Type.Array(AuditEntry),
  total: Count,
  next_cursor: nullable(Type.String()),
});
export type AuditQueryAnswer = Static<typeof AuditQueryAnswer>;

export const AuditRecentRequest = Type.Object({
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: bounds.pageSize, default: 100 })),
});
export type AuditRecentRequest = Static<typeof AuditRecentRequest>;

export const AuditRecentAnswer = Type.Object({ entries: Type.Array(AuditEntry) });
export type AuditRecentAnswer = Static<typeof AuditRecentAnswer>;

export const AuditStatsAnswer = Type.Object({
  total_entries: Count,
  total_successes: Count,
  total_failures: Count,
  success_rate: Type.Number({ minimum: 0, maximum: 1 }),
  tools_used: Type.Unsafe<Record<string, number>>({ type: "object" }),
  phases: Type.Unsafe<Record<string, number>>({ type: "object" }),
});
export type AuditStatsAnswer = Static<typeof AuditStatsAnswer>;

/** `POST /audit/payloads/{digest}/erase` */
export const ErasePayloadParams = Type.Object({ digest: DigestText });
export const ErasePayloadRequest = Type.Object({ reason: ReasonText }, closed);
export const ErasePayloadAnswer = Type.Object({ digest: DigestText, erased: Type.Literal(true) });
export type ErasePayloadAnswer = Static<typeof ErasePayloadAnswer>;
