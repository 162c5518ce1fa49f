import { recordedToolNames } from "@phasegate/wire";
import type { Digest, EventType, StoredEvent } from "@phasegate/wire";
import type { AuditStats } from "./port.ts";

/** What audit queries and counters know of an event without its bodies. */
export interface AuditFacts {
  readonly type: EventType;
  /** The phase that the event happened in; of a transition, the one that was left. */
  readonly phase: string | null;
  readonly toolName: string | null;
  /** Null for events that are not the end of a tool call. */
  readonly success: boolean | null;
}

/** How many events share the same facts. */
export interface AuditCell extends AuditFacts {
  readonly count: number;
}

/** The facts of one event. `sqlite/audit-reads.ts` says the same in SQL. */
export function auditFacts(event: Pick<StoredEvent, "type" | "data">): AuditFacts {
  const data = event.data as { phase?: unknown; from?: unknown; tool_name?: unknown; success?: unknown };
  return {
    type: event.type,
    phase: textOrNull(data.phase) ?? textOrNull(data.from),
    toolName: textOrNull(data.tool_name),
    success: callEndTypes.has(event.type) ? event.type === "tool.executed" && data.success === true : null,
  };
}

const counted: ReadonlySet<string> = new Set(recordedToolNames);
const otherTools = "other";

/** Whether a tool has counters of its own; those of names that anybody may make up are counted together. */
export function hasOwnCounter(toolName: string): boolean {
  return counted.has(toolName);
}

/** One text for each combination of facts; the key of a counter. There are only so many tools, whatever names agents make up. */
export function auditCellKey({ type, phase, toolName, success }: AuditFacts): string {
  const tool = toolName === null || hasOwnCounter(toolName) ? toolName : otherTools;
  return JSON.stringify([type, phase, tool, success]);
}

/** The counter that `auditCellKey` named. */
export function decodeAuditCell(key: string, count: number): AuditCell {
  const [type, phase, toolName, success] = JSON.parse(key) as [EventType, string | null, string | null, boolean | null];
  return { type, phase, toolName, success, count };
}

/** The statistics that the counters add up to: ended tool calls only. */
export function auditStatsOf(cells: Iterable<AuditCell>): AuditStats {
  let totalEntries = 0;
  let totalSuccesses = 0;
  const toolsUsed = new Map<string, number>();
  const phases = new Map<string, number>();
  for (const { phase, toolName, success, count } of cells) {
    if (success === null) continue;
    totalEntries += count;
    if (success) totalSuccesses += count;
    if (toolName !== null) toolsUsed.set(toolName, (toolsUsed.get(toolName) ?? 0) + count);
    if (phase !== null) phases.set(phase, (phases.get(phase) ?? 0) + count);
  }
  return {
    totalEntries,
    totalSuccesses,
    totalFailures: totalEntries - totalSuccesses,
    toolsUsed: sortedRecord(mostFrequent(toolsUsed)),
    phases: sortedRecord(mostFrequent(phases)),
  };
}

/** Names that statistics tell apart. Agents make names up, and a tool that is denied counts as well. */
const maxNames = 100;

/** At most `maxNames` counts under their names, the highest; what is left is counted under `other`. */
function mostFrequent(counts: Map<string, number>): Map<string, number> {
  if (counts.size <= maxNames) return counts;
  const ranked = [...counts].sort(([left, most], [right, more]) => more - most || (left < right ? -1 : 1));
  const kept = new Map(ranked.slice(0, maxNames));
  const left = ranked.slice(maxNames).reduce((sum, [, count]) => sum + count, 0);
  return kept.set("other", (kept.get("other") ?? 0) + left);
}

/** The digests of the bodies that an audit row shows beside an event. */
export function auditBodies(event: Pick<StoredEvent, "type" | "data">): { args: Digest | null; result: Digest | null } {
  const data = event.data as { args_digest?: Digest | null; result_digest?: Digest | null; digest?: Digest };
  if (event.type === "artifact.submitted") return { args: null, result: data.digest ?? null };
  return { args: data.args_digest ?? null, result: data.result_digest ?? null };
}

const callEndTypes: ReadonlySet<EventType> = new Set<EventType>([
  "tool.executed",
  "tool.denied",
  "tool.rolled_back",
  "tool.interrupted",
]);

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function sortedRecord(counts: Map<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([left], [right]) => (left < right ? -1 : 1)));
}
