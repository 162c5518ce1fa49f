import type {
  AssuranceLevel,
  Digest,
  EventId,
  EventOrigin,
  EventType,
  JobId,
  JsonObject,
  JsonValue,
  NewEvent,
  PrincipalId,
  StoredEvent,
  TaskId,
  TaskStatus,
  WorkflowDigest,
} from "@phasegate/wire";

/**
 * Where every decision is kept. Three back ends stand behind this port and pass the same conformance kit.
 *
 * The ledger offers, the engine decides, the append wins: no method here judges eligibility. What `append`
 * resolved is durable; what it rejected left nothing. All times are milliseconds since the epoch, UTC.
 */
export interface Ledger {
  /**
   * Appends one batch atomically: events at the expected version of their stream, task index, payloads, lease,
   * jobs and the idempotent answer all or none. Resolves after the commit is durable.
   * Answers `conflict` (nothing written) when the stream is not at `expectedVersion` or the authority has moved on.
   * Rejects with PhasegateError `ledger_unavailable` when it cannot write; then nothing of the batch is there.
   */
  append(batch: AppendBatch): Promise<AppendResult>;

  /** Events of one stream in version order, from `afterVersion` (exclusive), at most `limit` (1..10,000). */
  readStream(stream: string, options?: { afterVersion?: number; limit?: number }): Promise<StoredEvent[]>;
  /** Events of all streams in position order. Never skips one that commits later at a lower position. */
  readAll(options: ReadAllOptions): Promise<StoredEvent[]>;
  /** Follows the ledger from a position; ends when the signal fires or the ledger closes. Misses none. */
  follow(options: FollowOptions): AsyncIterable<StoredEvent>;
  /** Who follows at this moment, and how far each was given the events. */
  readers(): LedgerReader[];
  /** One event by its id, or null. */
  getEvent(id: EventId): Promise<StoredEvent | null>;
  /** Position of the last event; 0 when empty. */
  lastPosition(): Promise<number>;

  /** One row of the task index. */
  getTask(id: TaskId): Promise<TaskRow | null>;
  listTasks(query: TaskQuery): Promise<Page<TaskRow>>;
  /**
   * Tasks that look claimable, best first: priority descending, then oldest; status `ready`, no dependency open,
   * required capabilities a subset of the given ones. Cost does not grow with the queue.
   */
  offerTasks(query: { capabilities: readonly string[]; limit: number }): Promise<TaskId[]>;
  /** Tasks that name this one as a dependency, oldest first. */
  dependentsOf(id: TaskId): Promise<TaskId[]>;

  /** How much waits: open tasks by status and jobs by kind, each counted up to `maxCounted`. For figures only. */
  countOpen(): Promise<OpenWork>;

  /**
   * Moves a lease's end, if the task is still at `epoch` under `principal`. False when it is not. No event.
   * A lease that does not run (an approval is awaited) is not started by this; the answer is still true.
   */
  renewLease(options: { taskId: TaskId; epoch: number; principal: PrincipalId; expiresAt: number }): Promise<boolean>;
  /** Tasks whose lease ended at or before `now`, oldest first. */
  expiredLeases(options: {
    now: number;
    limit: number;
  }): Promise<{ taskId: TaskId; epoch: number; expiresAt: number }[]>;

  /** The signatures of a stream's heads, in version order. */
  signedHeads(stream: string): Promise<StoredSignedHead[]>;

  /** The body behind a digest; `erased` when an operator erased it; null when none was ever kept. */
  getPayload(digest: Digest): Promise<Payload | null>;
  /**
   * Erases a body for good: a later append of the same body leaves it erased. False when none was kept. The chain
   * verifies with or without it. The caller appends `payload.erased` first; verify names an erasure without one.
   */
  erasePayload(digest: Digest): Promise<boolean>;
  /**
   * Erases a body whose time is over, in one step with looking whether an event after position `unusedAfter` names it:
   * then it stays, and the answer is false, as when none was kept. A later append of the same body keeps it again.
   */
  expirePayload(options: { digest: Digest; unusedAfter: number }): Promise<boolean>;

  /** Reserves an idempotency key before the work begins, so that a crash leaves `outcome_unknown`, never a second run. */
  beginIdempotent(record: {
    scope: string;
    key: string;
    bodyDigest: Digest;
    expiresAt: number;
    /** When given, a record that is past its time counts as absent. */
    now?: number;
  }): Promise<IdempotencyState>;
  /** Stores an answer outside an append (for calls that append nothing). */
  finishIdempotent(record: { scope: string; key: string; answer: JsonObject }): Promise<void>;
  /** Forgets a key whose request was rejected before it did anything. */
  forgetIdempotent(record: { scope: string; key: string }): Promise<void>;
  /** On start: every key that was begun and not finished becomes `unknown`. Removes what is past its time. */
  recoverIdempotent(now: number): Promise<void>;

  /** Keeps a workflow under its digest; the same digest twice is no error. */
  putWorkflow(record: { digest: WorkflowDigest; name: string; body: JsonValue }): Promise<void>;
  getWorkflow(digest: WorkflowDigest): Promise<JsonValue | null>;
  listWorkflows(): Promise<{ digest: WorkflowDigest; name: string }[]>;

  /**
   * Takes due jobs for `owner`, each for `leaseMs`; a job whose lease ran out is offered again. At least once. Fairness keys
   * take turns; of one key no more run at once than `maxPerKey`. What runs is counted among the kinds asked for.
   */
  takeJobs(options: {
    owner: string;
    now: number;
    leaseMs: number;
    limit: number;
    kinds?: readonly string[];
    maxPerKey?: number;
  }): Promise<Job[]>;
  /** Keeps a job that still runs: its lease ends at `leasedUntil` from now on. False when another has it. */
  renewJob(options: { id: JobId; owner: string; leasedUntil: number }): Promise<boolean>;
  finishJob(options: { id: JobId; owner: string }): Promise<boolean>;
  /** Puts a job back for later; `attempts` has been counted by `takeJobs`. */
  postponeJob(options: { id: JobId; owner: string; dueAt: number; error: string }): Promise<boolean>;
  /** Ends a task's jobs, of all kinds or of some, running ones too; answers how many. */
  cancelJobs(options: { taskId: TaskId; kinds?: readonly string[] }): Promise<number>;

  /** Position up to which a reader of that name has done its work; null when it never said. */
  getCursor(name: string): Promise<number | null>;
  /** Moves a reader's position on; one that is behind what is kept changes nothing. Durable when it resolves. */
  moveCursor(options: { name: string; position: number }): Promise<void>;

  /** Audit entries: event plus its bodies, newest first. `total` counts all that match, from an index or counter. */
  queryAudit(query: AuditQuery): Promise<{ entries: AuditRow[]; total: number; nextCursor: string | null }>;
  /**
   * Counts the tool events `tool.executed`, `tool.denied`, `tool.rolled_back`, `tool.interrupted`. From counters, not scans;
   * with `visibleTo` those of the tasks that this principal holds or has held, at the cost of these tasks' events.
   */
  auditStats(query?: Pick<AuditQuery, "visibleTo">): Promise<AuditStats>;

  /** Monotonic number of the last change to keys, roles and revocations. */
  authorityVersion(): Promise<number>;

  /** Rejects with `ledger_unavailable` when a small durable write fails. For /health/ready. */
  probe(): Promise<void>;
  /** Waits for what is queued, then closes. Appends after this reject with `shutting_down`. */
  close(): Promise<void>;
}

export interface FollowOptions {
  /** Position; events after it. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** What kind of reader it is, for `readers`. Default: `server`. */
  readonly reader?: string;
}

export interface LedgerReader {
  readonly reader: string;
  readonly position: number;
}

/** The most of one kind that `countOpen` counts. */
export const maxCounted = 10_000;

export interface OpenWork {
  readonly tasks: Readonly<Partial<Record<TaskStatus, number>>>;
  /** Of the first `maxCounted`. */
  readonly jobs: Readonly<Record<string, number>>;
}

export interface AppendBatch {
  /** `task/..`, `workflow/..`, `principal/..` or `system`. */
  readonly stream: string;
  /** Version of the stream's last event; 0 for a new stream. */
  readonly expectedVersion: number;
  readonly origin: EventOrigin;
  /** At least one. */
  readonly events: readonly NewEvent[];
  /**
   * Bodies of arguments, results and artifacts, already bounded and redacted; digest is of `body`'s canonical JSON
   * (another rejects the batch).
   */
  readonly payloads?: readonly { readonly digest: Digest; readonly body: JsonValue }[];
  /** The task's lease from now on; null ends it; absent leaves it. Ends in any case when the task has no holder left. */
  readonly lease?: { readonly expiresAt: number } | null;
  readonly jobs?: readonly NewJob[];
  /** Kinds of which the stream's task has no jobs any more after this batch, save those that the batch itself asks for. */
  readonly endsJobs?: readonly string[];
  /** Finishes an idempotency key in the same commit. */
  readonly idempotent?: { readonly scope: string; readonly key: string; readonly answer: JsonObject };
  /** The decision stands only if keys, roles and revocations are still at this version. */
  readonly expectedAuthority?: number;
  /** True for key and role changes: raises the authority version in the same commit. */
  readonly changesAuthority?: boolean;
  /** Signature of the stream's head after this batch, made at each transition. */
  readonly signHead?: (head: { stream: string; version: number; hash: Digest }) => SignedHead;
}

export interface SignedHead {
  readonly keyId: string;
  readonly signature: string;
}

/** A signature beside the head that it was made for. */
export interface StoredSignedHead extends SignedHead {
  readonly version: number;
  readonly hash: Digest;
}

export type AppendResult =
  | { readonly status: "appended"; readonly events: readonly StoredEvent[] }
  | { readonly status: "conflict"; readonly actualVersion: number; readonly cause: "version" | "authority" };

export interface ReadAllOptions {
  readonly after: number;
  /** 1..10,000. */
  readonly limit: number;
  readonly types?: readonly EventType[];
  readonly taskId?: TaskId;
}

/** One row of the task index: the fold of the task's events, except the lease. `audit verify` rebuilds and compares it. */
export interface TaskRow {
  readonly id: TaskId;
  readonly version: number;
  readonly title: string;
  /** `waiting` only while a dependency is open. */
  readonly status: TaskStatus;
  readonly phase: string;
  readonly entry: number;
  readonly epoch: number;
  readonly priority: number;
  readonly capabilities: readonly string[];
  readonly labels: readonly string[];
  readonly dependencies: readonly TaskId[];
  readonly openDependencies: number;
  readonly workflowDigest: WorkflowDigest;
  readonly workflowName: string;
  /** Null, like `agentId`, when nobody holds the task. */
  readonly holderPrincipal: PrincipalId | null;
  readonly agentId: string | null;
  readonly assurance: AssuranceLevel | null;
  readonly overridden: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly leaseExpiresAt: number | null;
}

/** Tasks in the order of their creation. */
export interface TaskQuery {
  readonly status?: TaskStatus;
  readonly phase?: string;
  readonly label?: string;
  readonly agentId?: string;
  /** Only tasks that this principal holds or has held. */
  readonly visibleTo?: PrincipalId;
  readonly limit: number;
  readonly cursor?: string;
}

export interface Page<Row> {
  readonly rows: Row[];
  readonly nextCursor: string | null;
}

export type Payload = { readonly state: "kept"; readonly body: JsonValue } | { readonly state: "erased" };

export type IdempotencyState =
  | { readonly state: "begun" }
  | { readonly state: "running" }
  | { readonly state: "unknown" }
  | { readonly state: "other_body" }
  | { readonly state: "finished"; readonly answer: JsonObject };

export interface NewJob {
  readonly id: JobId;
  readonly kind: string;
  readonly taskId: TaskId | null;
  /** Fairness key: jobs of different keys take turns. */
  readonly fairnessKey: string;
  readonly dueAt: number;
  readonly body: JsonObject;
}

export interface Job extends NewJob {
  readonly attempts: number;
  readonly lastError: string | null;
}

export interface AuditQuery {
  readonly taskId?: TaskId;
  readonly phase?: string;
  readonly toolName?: string;
  readonly success?: boolean;
  readonly agentId?: string;
  /** Who did it, whatever agent it worked as. */
  readonly principal?: PrincipalId;
  readonly types?: readonly EventType[];
  /** RFC 3339, both inclusive. */
  readonly from?: string;
  readonly to?: string;
  /** Only tasks that this principal holds or has held. */
  readonly visibleTo?: PrincipalId;
  readonly order?: "newest" | "oldest";
  readonly limit: number;
  readonly cursor?: string;
}

/** An event with its bodies; absent bodies are null. */
export interface AuditRow {
  readonly event: StoredEvent;
  readonly args: JsonValue;
  readonly result: JsonValue;
}

export interface AuditStats {
  readonly totalEntries: number;
  readonly totalSuccesses: number;
  readonly totalFailures: number;
  readonly toolsUsed: Readonly<Record<string, number>>;
  readonly phases: Readonly<Record<string, number>>;
}
