import {
  canonicalJson,
  hashEvent,
  isTerminal,
  taskStatuses,
  type Digest,
  type EventId,
  type JsonObject,
  type JsonValue,
  type StoredEvent,
  type TaskId,
  type TaskStatus,
  type WorkflowDigest,
} from "@phasegate/wire";
import { canonicalPayloads, checkBatch, closedError, misuse } from "../append-checks.ts";
import {
  auditBodies,
  auditCellKey,
  auditFacts,
  auditStatsOf,
  decodeAuditCell,
  type AuditCell,
} from "../audit-facts.ts";
import { Followers } from "../follow.ts";
import { taskOfStream } from "../index-row.ts";
import type {
  AppendBatch,
  AppendResult,
  AuditQuery,
  AuditRow,
  AuditStats,
  FollowOptions,
  Ledger,
  LedgerReader,
  OpenWork,
  Payload,
  ReadAllOptions,
  StoredSignedHead,
} from "../port.ts";
import { normalizeTime, pageSize, parseCursor } from "../query-bounds.ts";
import { MemoryIdempotency } from "./memory-idempotency.ts";
import { MemoryJobs } from "./memory-jobs.ts";
import { TaskIndex } from "../task-index.ts";

/** A ledger that lives as long as the process; for tests. It keeps every promise of the port except durability. */
export function openMemoryLedger(): Ledger {
  return new MemoryLedger();
}

class MemoryLedger implements Ledger {
  readonly #events: StoredEvent[] = [];
  readonly #eventsById = new Map<EventId, StoredEvent>();
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #heads = new Map<string, StoredSignedHead[]>();
  readonly #payloads = new Map<Digest, string | null>();
  /** Erased bodies that an append may bring back. */
  readonly #expired = new Set<Digest>();
  readonly #workflows = new Map<WorkflowDigest, { name: string; body: string }>();
  readonly #counters = new Map<string, AuditCell>();
  readonly #tasks = new TaskIndex();
  readonly #jobs = new MemoryJobs();
  readonly #idempotency = new MemoryIdempotency();
  readonly #followers = new Followers({ lastPosition: 0, readAll: (options) => this.readAll(options) });
  #authorityVersion = 0;
  readonly #cursors = new Map<string, number>();
  #closed = false;

  async append(batch: AppendBatch): Promise<AppendResult> {
    this.#assertOpen();
    checkBatch(batch);
    const payloads = canonicalPayloads(batch);
    if (batch.jobs?.some(({ id }) => this.#jobs.has(id)) === true) throw misuse("a job with this id is there already");
    if (batch.events.some(({ id }) => this.#eventsById.has(id))) throw misuse("an event with this id is there already");
    const stream = this.#streams.get(batch.stream) ?? [];
    if (stream.length !== batch.expectedVersion) {
      return { status: "conflict", actualVersion: stream.length, cause: "version" };
    }
    if (batch.expectedAuthority !== undefined && batch.expectedAuthority !== this.#authorityVersion) {
      return { status: "conflict", actualVersion: stream.length, cause: "authority" };
    }
    const events = this.#chain(batch, stream);
    const head = events.at(-1) as StoredEvent;
    const signed = batch.signHead?.({ stream: batch.stream, version: head.version, hash: head.hash });

    this.#events.push(...events);
    this.#streams.set(batch.stream, [...stream, ...events]);
    for (const event of events) {
      this.#eventsById.set(event.id, event);
      this.#count(event);
    }
    for (const { digest, body } of payloads) {
      if (!this.#payloads.has(digest) || this.#expired.delete(digest)) this.#payloads.set(digest, body);
    }
    this.#tasks.apply(batch.stream, events, batch.lease);
    const taskId = taskOfStream(batch.stream);
    if (taskId !== null && batch.endsJobs !== undefined) this.#jobs.cancel({ taskId, kinds: batch.endsJobs });
    for (const job of batch.jobs ?? []) this.#jobs.add(job);
    if (batch.idempotent !== undefined) this.#idempotency.finish(batch.idempotent);
    if (batch.changesAuthority === true) this.#authorityVersion += 1;
    if (signed !== undefined) {
      const heads = this.#heads.get(batch.stream) ?? [];
      heads.push({ version: head.version, hash: head.hash, keyId: signed.keyId, signature: signed.signature });
      this.#heads.set(batch.stream, heads);
    }
    this.#followers.publish(events);
    return { status: "appended", events };
  }

  async readStream(name: string, options: { afterVersion?: number; limit?: number } = {}): Promise<StoredEvent[]> {
    this.#assertOpen();
    const after = options.afterVersion ?? 0;
    return (this.#streams.get(name) ?? []).slice(after, after + pageSize(options.limit));
  }

  async readAll({ after, limit, types, taskId }: ReadAllOptions): Promise<StoredEvent[]> {
    this.#assertOpen();
    return this.#events
      .slice(after)
      .filter((event) => types === undefined || types.includes(event.type))
      .filter((event) => taskId === undefined || event.stream === `task/${taskId}`)
      .slice(0, pageSize(limit));
  }

  follow(options: FollowOptions): AsyncIterable<StoredEvent> {
    return this.#followers.follow(options);
  }

  readers(): LedgerReader[] {
    return this.#followers.readers();
  }

  async countOpen(): Promise<OpenWork> {
    this.#assertOpen();
    const tasks: Partial<Record<TaskStatus, number>> = {};
    for (const status of taskStatuses) if (!isTerminal(status)) tasks[status] = 0;
    for (const { status } of this.#tasks.rows()) if (!isTerminal(status)) tasks[status] = (tasks[status] ?? 0) + 1;
    return { tasks, jobs: this.#jobs.countByKind() };
  }

  async getEvent(id: EventId): Promise<StoredEvent | null> {
    this.#assertOpen();
    return this.#eventsById.get(id) ?? null;
  }

  async lastPosition(): Promise<number> {
    this.#assertOpen();
    return this.#events.length;
  }

  async getTask(id: TaskId): ReturnType<Ledger["getTask"]> {
    this.#assertOpen();
    return this.#tasks.get(id);
  }

  async listTasks(query: Parameters<Ledger["listTasks"]>[0]): ReturnType<Ledger["listTasks"]> {
    this.#assertOpen();
    return this.#tasks.list(query);
  }

  async offerTasks(query: Parameters<Ledger["offerTasks"]>[0]): Promise<TaskId[]> {
    this.#assertOpen();
    return this.#tasks.offer(query);
  }

  async dependentsOf(id: TaskId): Promise<TaskId[]> {
    this.#assertOpen();
    return this.#tasks.dependentsOf(id);
  }

  async renewLease(options: Parameters<Ledger["renewLease"]>[0]): Promise<boolean> {
    this.#assertOpen();
    return this.#tasks.renewLease(options);
  }

  async expiredLeases(options: Parameters<Ledger["expiredLeases"]>[0]): ReturnType<Ledger["expiredLeases"]> {
    this.#assertOpen();
    return this.#tasks.expiredLeases(options);
  }

  async signedHeads(stream: string): Promise<StoredSignedHead[]> {
    this.#assertOpen();
    return [...(this.#heads.get(stream) ?? [])];
  }

  async getPayload(digest: Digest): Promise<Payload | null> {
    this.#assertOpen();
    const body = this.#payloads.get(digest);
    if (body === undefined) return null;
    return body === null ? { state: "erased" } : { state: "kept", body: JSON.parse(body) as JsonValue };
  }

  async erasePayload(digest: Digest): Promise<boolean> {
    this.#assertOpen();
    if ((this.#payloads.get(digest) ?? null) === null) return false;
    this.#payloads.set(digest, null);
    return true;
  }

  async expirePayload({ digest, unusedAfter }: Parameters<Ledger["expirePayload"]>[0]): Promise<boolean> {
    this.#assertOpen();
    const isUsed = this.#events.slice(unusedAfter).some(({ data }) => JSON.stringify(data).includes(digest));
    if (isUsed || !(await this.erasePayload(digest))) return false;
    this.#expired.add(digest);
    return true;
  }

  async beginIdempotent(record: Parameters<Ledger["beginIdempotent"]>[0]): ReturnType<Ledger["beginIdempotent"]> {
    this.#assertOpen();
    return this.#idempotency.begin(record);
  }

  async finishIdempotent(record: { scope: string; key: string; answer: JsonObject }): Promise<void> {
    this.#assertOpen();
    this.#idempotency.finish(record);
  }

  async forgetIdempotent(record: { scope: string; key: string }): Promise<void> {
    this.#assertOpen();
    this.#idempotency.forget(record);
  }

  async recoverIdempotent(now: number): Promise<void> {
    this.#assertOpen();
    this.#idempotency.recover(now);
  }

  async putWorkflow({ digest, name, body }: Parameters<Ledger["putWorkflow"]>[0]): Promise<void> {
    this.#assertOpen();
    if (!this.#workflows.has(digest)) this.#workflows.set(digest, { name, body: canonicalJson(body) });
  }

  async getWorkflow(digest: WorkflowDigest): Promise<JsonValue | null> {
    this.#assertOpen();
    const kept = this.#workflows.get(digest);
    return kept === undefined ? null : (JSON.parse(kept.body) as JsonValue);
  }

  async listWorkflows(): Promise<{ digest: WorkflowDigest; name: string }[]> {
    this.#assertOpen();
    return [...this.#workflows].map(([digest, { name }]) => ({ digest, name }));
  }

  async takeJobs(options: Parameters<Ledger["takeJobs"]>[0]): ReturnType<Ledger["takeJobs"]> {
    this.#assertOpen();
    return this.#jobs.take(options);
  }

  async renewJob(options: Parameters<Ledger["renewJob"]>[0]): Promise<boolean> {
    this.#assertOpen();
    return this.#jobs.renew(options);
  }

  async finishJob(options: Parameters<Ledger["finishJob"]>[0]): Promise<boolean> {
    this.#assertOpen();
    return this.#jobs.finish(options);
  }

  async postponeJob(options: Parameters<Ledger["postponeJob"]>[0]): Promise<boolean> {
    this.#assertOpen();
    return this.#jobs.postpone(options);
  }

  async cancelJobs(options: Parameters<Ledger["cancelJobs"]>[0]): Promise<number> {
    this.#assertOpen();
    return this.#jobs.cancel(options);
  }

  async getCursor(name: string): Promise<number | null> {
    this.#assertOpen();
    return this.#cursors.get(name) ?? null;
  }

  async moveCursor({ name, position }: { name: string; position: number }): Promise<void> {
    this.#assertOpen();
    this.#cursors.set(name, Math.max(position, this.#cursors.get(name) ?? 0));
  }

  async queryAudit(query: AuditQuery): ReturnType<Ledger["queryAudit"]> {
    this.#assertOpen();
    const cursor = parseCursor(query.cursor);
    const newest = query.order !== "oldest";
    const matching = this.#events.filter(this.#auditFilter(query));
    const ordered = newest ? matching.toReversed() : matching;
    const rest =
      cursor === null ? ordered : ordered.filter(({ position }) => (newest ? position < cursor : position > cursor));
    const page = rest.slice(0, pageSize(query.limit));
    const last = page.at(-1);
    return {
      entries: page.map((event) => this.#auditRow(event)),
      total: matching.length,
      nextCursor: last !== undefined && rest.length > page.length ? String(last.position) : null,
    };
  }

  async auditStats({ visibleTo }: Pick<AuditQuery, "visibleTo"> = {}): Promise<AuditStats> {
    this.#assertOpen();
    if (visibleTo === undefined) return auditStatsOf(this.#counters.values());
    const own = this.#events.filter(this.#auditFilter({ visibleTo, limit: 1 }));
    return auditStatsOf(own.map((event) => decodeAuditCell(auditCellKey(auditFacts(event)), 1)));
  }

  async authorityVersion(): Promise<number> {
    this.#assertOpen();
    return this.#authorityVersion;
  }

  async probe(): Promise<void> {
    this.#assertOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#followers.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }

  #chain(batch: AppendBatch, stream: readonly StoredEvent[]): StoredEvent[] {
    let previous = stream.at(-1)?.hash ?? null;
    return batch.events.map((event, offset) => {
      const hashed = {
        id: event.id,
        stream: batch.stream,
        version: batch.expectedVersion + offset + 1,
        type: event.type,
        at: batch.origin.at,
        principal: batch.origin.principal,
        agent_id: batch.origin.agentId,
        data: JSON.parse(canonicalJson(event.data)) as StoredEvent["data"],
        previous_hash: previous,
      };
      previous = hashEvent(hashed);
      return { ...hashed, hash: previous, position: this.#events.length + offset + 1 };
    });
  }

  #count(event: StoredEvent): void {
    const facts = auditFacts(event);
    const key = auditCellKey(facts);
    this.#counters.set(key, decodeAuditCell(key, (this.#counters.get(key)?.count ?? 0) + 1));
  }

  #auditFilter(query: AuditQuery): (event: StoredEvent) => boolean {
    const from = normalizeTime(query.from);
    const to = normalizeTime(query.to);
    return (event) => {
      const facts = auditFacts(event);
      const task = taskOfStream(event.stream);
      return (
        (query.taskId === undefined || task === query.taskId) &&
        (query.phase === undefined || facts.phase === query.phase) &&
        (query.toolName === undefined || facts.toolName === query.toolName) &&
        (query.success === undefined || facts.success === query.success) &&
        (query.agentId === undefined || event.agent_id === query.agentId) &&
        (query.principal === undefined || event.principal === query.principal) &&
        (query.types === undefined || query.types.includes(event.type)) &&
        (from === null || event.at >= from) &&
        (to === null || event.at <= to) &&
        (query.visibleTo === undefined || (task !== null && this.#tasks.wasHeldBy(task, query.visibleTo)))
      );
    };
  }

  #auditRow(event: StoredEvent): AuditRow {
    const { args, result } = auditBodies(event);
    return { event, args: this.#body(args), result: this.#body(result) };
  }

  #body(digest: Digest | null): JsonValue {
    const body = digest === null ? null : (this.#payloads.get(digest) ?? null);
    return body === null ? null : (JSON.parse(body) as JsonValue);
  }
}
