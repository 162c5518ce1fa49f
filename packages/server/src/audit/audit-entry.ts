import type { AuditRow } from "@phasegate/ledger";
import type { JsonObject, JsonValue } from "@phasegate/wire";

/** An event with its bodies, in the shape that existing agents and auditors read; `nameOf` names a principal. */
export function auditEntry(
  { event, args, result }: AuditRow,
  nameOf: (principal: string) => string | null,
): JsonObject {
  const data = event.data as unknown as Record<string, JsonValue | undefined>;
  return {
    timestamp: event.at,
    task_id: event.stream.startsWith("task/") ? event.stream.slice("task/".length) : null,
    phase: data["phase"] ?? data["from"] ?? null,
    tool_name: data["tool_name"] ?? null,
    args,
    result,
    duration_ms: data["duration_ms"] ?? null,
    success: successOf(event.type, data),
    error: data["error"] ?? firstReason(data) ?? null,
    event_id: event.id,
    type: event.type,
    decision: decisionOf(event.type),
    reasons: Array.isArray(data["reasons"]) ? data["reasons"] : [],
    agent_id: event.agent_id,
    principal: nameOf(event.principal) ?? event.principal,
    source: data["source"] === "self_reported" ? "self_reported" : null,
    hash: event.hash,
  };
}

function successOf(type: string, data: Record<string, JsonValue | undefined>): boolean | null {
  if (typeof data["success"] === "boolean" && type === "tool.executed") return data["success"];
  if (type === "tool.denied" || type === "tool.rolled_back" || type === "tool.interrupted") return false;
  if (type === "gate.passed") return true;
  if (type === "gate.blocked") return data["would_deny"] === true;
  return null;
}

function decisionOf(type: string): string | null {
  if (["tool.denied", "tool.rolled_back", "gate.blocked", "violation.detected", "approval.denied"].includes(type))
    return "deny";
  if (["tool.started", "tool.executed", "gate.passed", "approval.granted"].includes(type)) return "allow";
  return null;
}

function firstReason(data: Record<string, JsonValue | undefined>): JsonValue | undefined {
  const reasons = data["reasons"];
  const first = Array.isArray(reasons) ? reasons[0] : undefined;
  return first && typeof first === "object" && !Array.isArray(first) ? first["message"] : undefined;
}
