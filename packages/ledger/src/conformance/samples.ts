import {
  digestJson,
  taskStream,
  type Digest,
  type EventData,
  type EventId,
  type EventType,
  type JobId,
  type JsonValue,
  type NewEvent,
  type OperationId,
  type PrincipalId,
  type StoredEvent,
  type TaskId,
  type TokenId,
} from "@phasegate/wire";
import type { AppendBatch, AppendResult, Ledger, NewJob } from "../port.ts";

/** Opens an empty ledger for one test; the test closes it. */
export type OpenLedger = () => Promise<Ledger>;

export const alice = "prn_alice" as PrincipalId;
export const bob = "prn_bob" as PrincipalId;
export const someDigest = digestJson("some tree");

/** 2026-01-01T00:00:00.000Z and `seconds` later. */
export function at(seconds = 0): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

export function taskId(name: string): TaskId {
  return `task_${name}` as TaskId;
}

export function jobId(name: string): JobId {
  return `job_${name}` as JobId;
}

let lastEventNumber = 0;

/** An event with an id that no other has. */
export function newEvent<T extends EventType>(type: T, data: EventData<T>): NewEvent {
  lastEventNumber += 1;
  return { id: `evt_${String(lastEventNumber).padStart(22, "0")}` as EventId, type, data } as NewEvent;
}

export function created(options: Partial<EventData<"task.created">> = {}): NewEvent {
  return newEvent("task.created", {
    title: "a task",
    description: null,
    priority: 5,
    capabilities: [],
    labels: [],
    dependencies: [],
    waiting: (options.dependencies ?? []).length > 0,
    workflow: { name: "standard", digest: someDigest },
    base: { ref: "main", commit: "0123456789abcdef" },
    phase: "PLAN",
    tree: someDigest,
    ad_hoc: false,
    ...options,
  });
}

export function claimed(options: Partial<EventData<"task.claimed">> = {}): NewEvent {
  return newEvent("task.claimed", {
    agent_id: "agent-a",
    principal: alice,
    owner: null,
    capabilities: [],
    phase: "PLAN",
    entry: 1,
    epoch: 1,
    assurance: "sandboxed",
    resumed: false,
    token_id: "tok_1" as TokenId,
    ...options,
  });
}

export function released(epoch: number): NewEvent {
  return newEvent("task.released", { reason: "done for today", phase: "PLAN", epoch });
}

export function completed(epoch: number): NewEvent {
  return newEvent("task.completed", {
    phase: "PLAN",
    epoch,
    tree: someDigest,
    consumed_token_id: null,
    operation_id: null,
    warnings: [],
    self_reported: false,
    overridden: false,
  });
}

export function reopened(epoch: number): NewEvent {
  return newEvent("task.reopened", { reason: "not done after all", phase: "PLAN", entry: 2, epoch });
}

export function transitioned(options: Partial<EventData<"task.transitioned">> = {}): NewEvent {
  return newEvent("task.transitioned", {
    from: "PLAN",
    to: "TDD",
    kind: "forward",
    operation_id: "op_1" as OperationId,
    entry: 2,
    epoch: 2,
    tree: someDigest,
    freezes: [],
    consumed_token_id: "tok_1",
    token_id: "tok_2",
    warnings: [],
    self_reported: false,
    overridden: false,
    ...options,
  });
}

export function toolExecuted(options: Partial<EventData<"tool.executed">> = {}): NewEvent {
  return newEvent("tool.executed", {
    tool_name: "read_files",
    phase: "PLAN",
    entry: 1,
    epoch: 1,
    args_digest: null,
    call_id: null,
    result_digest: null,
    success: true,
    error: null,
    duration_ms: 3,
    changed_paths: [],
    changed_paths_total: 0,
    tree_before: null,
    tree_after: null,
    source: "runner",
    would_deny: [],
    ...options,
  });
}

export function toolDenied(toolName: string, phase = "PLAN"): NewEvent {
  return newEvent("tool.denied", {
    tool_name: toolName,
    phase,
    entry: 1,
    epoch: 1,
    args_digest: null,
    reasons: [{ code: "tool_not_allowed", message: "not in this phase" }],
  });
}

export function payloadOf(body: JsonValue): { digest: Digest; body: JsonValue } {
  return { digest: digestJson(body), body };
}

export function newJob(name: string, options: Partial<NewJob> = {}): NewJob {
  return { id: jobId(name), kind: "setup", taskId: null, fairnessKey: "a", dueAt: 100, body: { name }, ...options };
}

export type BatchOptions = Partial<Omit<AppendBatch, "stream" | "events">> & {
  readonly principal?: PrincipalId;
  readonly agentId?: string | null;
  readonly seconds?: number;
};

/** A batch by alice's agent at second 0 on an empty stream, unless said otherwise. */
export function batchOf(stream: string, events: readonly NewEvent[], options: BatchOptions = {}): AppendBatch {
  const { principal, agentId, seconds, ...rest } = options;
  return {
    stream,
    expectedVersion: 0,
    origin: { principal: principal ?? alice, agentId: agentId === undefined ? "agent-a" : agentId, at: at(seconds) },
    events,
    ...rest,
  };
}

/** Appends to a task's stream at its present end and returns what was stored. */
export async function appendTo(
  ledger: Ledger,
  task: string,
  events: readonly NewEvent[],
  options: BatchOptions = {},
): Promise<readonly StoredEvent[]> {
  const stream = task.includes("/") || task === "system" ? task : taskStream(taskId(task));
  const last = (await ledger.readStream(stream)).at(-1);
  const result = await ledger.append(batchOf(stream, events, { expectedVersion: last?.version ?? 0, ...options }));
  return appendedEvents(result);
}

/** The events of an append that must have succeeded. */
export function appendedEvents(result: AppendResult): readonly StoredEvent[] {
  if (result.status !== "appended") throw new Error(`the append met a conflict at version ${result.actualVersion}`);
  return result.events;
}

/** Runs a test on a ledger of its own. */
export async function withLedger(open: OpenLedger, test: (ledger: Ledger) => Promise<void>): Promise<void> {
  const ledger = await open();
  try {
    await test(ledger);
  } finally {
    await ledger.close();
  }
}
