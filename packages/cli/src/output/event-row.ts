import type { CloudEventAnswer } from "@phasegate/wire";

export const eventHeadings = ["position", "time", "type", "subject", "by", "what"] as const;

/** One event in one line. */
export function eventRow(event: CloudEventAnswer): readonly (string | number)[] {
  return [event.position, event.time, event.type, event.subject, event.agentid ?? event.principal, summary(event.data)];
}

/** What an event is about, from the members that its data has: tool, phases, gate, reasons. */
function summary(data: CloudEventAnswer["data"]): string {
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : null);
  const from = text("from");
  const to = text("to");
  const subject = from !== null && to !== null ? `${from} -> ${to}` : text("phase");
  const what = [
    text("tool_name"),
    subject,
    text("gate"),
    text("artifact_type"),
    text("title") ?? text("name"),
    data["source"] === "self_reported" ? "self-reported" : null,
    ...reasonCodes(data["reasons"]),
    text("reason"),
  ];
  return what.filter((part) => part !== null && part !== "").join(", ");
}

function reasonCodes(reasons: unknown): readonly string[] {
  if (!Array.isArray(reasons)) return [];
  return [...new Set(reasons.map((reason) => String((reason as { code?: unknown }).code)))];
}
