import {
  canonicalJson,
  type Digest,
  type EventId,
  type JsonObject,
  type JsonValue,
  type PhasegateError,
  type StoredEvent,
  type TaskId,
  type WorkflowDigest,
} from "@phasegate/wire";
import { chmodSync, closeSync, openSync, realpathSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { canonicalPayloads, checkBatch, closedError } from "../append-checks.ts";
import { auditCellKey, auditFacts, auditStatsOf } from "../audit-facts.ts";
import { hashEventText } from "../event-text.ts";
import { Followers } from "../follow.ts";
import type {
  AppendBatch,
  AppendResult,
  AuditQuery,
  AuditStats,
  FollowOptions,
  Ledger,
  LedgerReader,
  OpenWork,
  Payload,
  ReadAllOptions,
} from "../port.ts";
import { cursorCounter } from "./cursor-counter.ts";
import { countOwnCells, queryAudit, readAuditCells } from "./audit-reads.ts";
import { databaseError } from "./database-errors.ts";
import { readAll, readEvent, readHead, readPayload, readSignedHeads, readStream } from "./event-reads.ts";
import { takeOwnership } from "./owner-lock.ts";
import type {
  AppendOperation,
  AppendOutcome,
  CallKind,
  CallOperation,
  CommittedGroup,
  Durability,
  WriterCalls,
  WriterOptions,
} from "./protocol.ts";
import { Reader } from "./reader.ts";
import { countOpen } from "./open-work.ts";
import { dependentsOf, expiredLeases, listTasks, offerTasks, readTask } from "./task-reads.ts";
import { WriterClient, type Waiting } from "./writer-client.ts";

export interface SqliteLedgerOptions {
  /** The database file; made with mode 0600 when it is not there. */
  readonly file: string;
  /** `full` (the default) survives power loss; `normal` a crash of the process, but maybe not of the machine. */
  readonly durability?: Durability;
  /** How long a write waits for a program that has locked the file; 2 seconds unless told. */
  readonly busyTimeoutMs?: number;
  /** Hears of each append and each commit; must not throw. */
  readonly observer?: LedgerObserver;
  /** True while others wait for this thread: long reads rest between their steps. */
  readonly othersWait?: () => boolean;
  /** Starts the writer thread; a test may keep hold of it. */
  readonly spawnWriter?: (options: WriterOptions) => Worker;
}

/** For figures: what the ledger's work took. */
export interface LedgerObserver {
  /** An append was answered; from the call to the answer. */
  appended(seconds: number): void;
  committed(group: CommittedGroup): void;
}

/**
 * Opens the embedded ledger: one file, one owning process. Cost does not grow with what is in it.
 * Rejects with `ledger_unavailable` when another process owns the file or it cannot be opened for writing, and with
 * `ledger_corrupt` when it is damaged, of another program, or of a newer version.
 */
export async function openSqliteLedger(options: SqliteLedgerOptions): Promise<Ledger> {
  const file = makeFile(options.file);
  const owner = takeOwnership(file);
  const writerOptions: WriterOptions = {
    file,
    durability: options.durability ?? "full",
    busyTimeoutMs: options.busyTimeoutMs ?? 2_000,
  };
  const spawn = options.spawnWriter ?? spawnWriter;
  try {
    return await SqliteLedger.open({
      writerOptions,
      spawn: () => spawn(writerOptions),
      release: owner.release,
      observer: options.observer ?? null,
      othersWait: options.othersWait ?? (() => false),
    });
  } catch (error) {
    owner.release();
    throw error;
  }
}

function spawnWriter(options: WriterOptions): Worker {
  return new Worker(new URL("./writer-worker.ts", import.meta.url), { workerData: options });
}

/** The file's real path, so that two names of one file meet at the same lock. */
function makeFile(file: string): string {
  try {
    closeSync(openSync(file, "a", 0o600));
    const path = realpathSync(file);
    chmodSync(path, 0o600);
    return path;
  } catch (error) {
    throw databaseError(file, error);
  }
}

class SqliteLedger implements Ledger {
  readonly #writer: WriterClient;
  readonly #reader: Reader;
  readonly #followers: Followers;
  readonly #release: () => void;
  readonly #observer: LedgerObserver | null;
  #lastPosition: number;
  #closing: Promise<void> | null = null;

  static async open(options: {
    writerOptions: WriterOptions;
    spawn: () => Worker;
    release: () => void;
    observer: LedgerObserver | null;
    othersWait: () => boolean;
  }): Promise<SqliteLedger> {
    const { file, busyTimeoutMs } = options.writerOptions;
    let ledger: SqliteLedger | null = null;
    const writer = new WriterClient({
      spawn: options.spawn,
      onDown: (unanswered, error) => {
        if (ledger !== null) ledger.#settleUnanswered(unanswered, error);
      },
      onCommit: (group) => options.observer?.committed(group),
    });
    const { lastPosition } = await writer.open();
    const { othersWait } = options;
    const reader = new Reader(file, { busyTimeoutMs, onDamage: (damage) => writer.stop(damage), othersWait });
    ledger = new SqliteLedger({ ...options, writer, reader, lastPosition });
    return ledger;
  }

  private constructor(parts: {
    writer: WriterClient;
    reader: Reader;
    lastPosition: number;
    release: () => void;
    observer: LedgerObserver | null;
  }) {
    this.#writer = parts.writer;
    this.#reader = parts.reader;
    this.#lastPosition = parts.lastPosition;
    this.#release = parts.release;
    this.#observer = parts.observer;
    this.#followers = new Followers({
      lastPosition: parts.lastPosition,
      readAll: (options) => this.readAll(options),
    });
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    this.#assertOpen();
    checkBatch(batch);
    const operation = appendOperation(batch);
    if (batch.signHead !== undefined) {
      const head = readHead(this.#reader, batch.stream);
      if (head.version !== batch.expectedVersion) {
        return { status: "conflict", actualVersion: head.version, cause: "version" };
      }
      operation.signed = signAhead(operation, { previousHash: head.hash, signHead: batch.signHead });
    }
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const settle = (answer: unknown): void => {
        this.#observer?.appended((performance.now() - startedAt) / 1_000);
        resolve(this.#settleAppend(batch, answer as AppendOutcome));
      };
      this.#writer.submit({ operation, settle, reject });
    });
  }

  async readStream(stream: string, options: { afterVersion?: number; limit?: number } = {}): Promise<StoredEvent[]> {
    return readStream(this.#openReader(), stream, options);
  }

  async readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    return readAll(this.#openReader(), options);
  }

  follow(options: FollowOptions): AsyncIterable<StoredEvent> {
    return this.#followers.follow(options);
  }

  readers(): LedgerReader[] {
    return this.#followers.readers();
  }

  async getEvent(id: EventId): Promise<StoredEvent | null> {
    return readEvent(this.#openReader(), id);
  }

  async lastPosition(): Promise<number> {
    this.#assertOpen();
    return this.#lastPosition;
  }

  async getTask(id: TaskId): ReturnType<Ledger["getTask"]> {
    return readTask(this.#openReader(), id);
  }

  async listTasks(query: Parameters<Ledger["listTasks"]>[0]): ReturnType<Ledger["listTasks"]> {
    return listTasks(this.#openReader(), query);
  }

  async offerTasks(query: Parameters<Ledger["offerTasks"]>[0]): Promise<TaskId[]> {
    return offerTasks(this.#openReader(), query);
  }

  async dependentsOf(id: TaskId): Promise<TaskId[]> {
    return dependentsOf(this.#openReader(), id);
  }

  renewLease(options: Parameters<Ledger["renewLease"]>[0]): Promise<boolean> {
    return this.#call("renewLease", options);
  }

  async expiredLeases(options: Parameters<Ledger["expiredLeases"]>[0]): ReturnType<Ledger["expiredLeases"]> {
    return expiredLeases(this.#openReader(), options);
  }

  async signedHeads(stream: string): ReturnType<Ledger["signedHeads"]> {
    return readSignedHeads(this.#openReader(), stream);
  }

  async getPayload(digest: Digest): Promise<Payload | null> {
    return readPayload(this.#openReader(), digest);
  }

  erasePayload(digest: Digest): Promise<boolean> {
    return this.#call("erasePayload", digest);
  }

  expirePayload(options: Parameters<Ledger["expirePayload"]>[0]): Promise<boolean> {
    return this.#call("expirePayload", options);
  }

  beginIdempotent(record: Parameters<Ledger["beginIdempotent"]>[0]): ReturnType<Ledger["beginIdempotent"]> {
    return this.#call("beginIdempotent", record);
  }

  async finishIdempotent(record: { scope: string; key: string; answer: JsonObject }): Promise<void> {
    await this.#call("finishIdempotent", record);
  }

  async forgetIdempotent(record: { scope: string; key: string }): Promise<void> {
    await this.#call("forgetIdempotent", record);
  }

  async recoverIdempotent(now: number): Promise<void> {
    await this.#call("recoverIdempotent", now);
  }

  async putWorkflow(record: Parameters<Ledger["putWorkflow"]>[0]): Promise<void> {
    await this.#call("putWorkflow", record);
  }

  async getWorkflow(digest: WorkflowDigest): Promise<JsonValue | null> {
    const row = this.#openReader().get("select body from workflow where digest = ?", digest);
    return row === null ? null : (JSON.parse(row["body"] as string) as JsonValue);
  }

  async listWorkflows(): Promise<{ digest: WorkflowDigest; name: string }[]> {
    return this.#openReader()
      .all("select digest, name from workflow order by rowid")
      .map((row) => ({ digest: row["digest"] as WorkflowDigest, name: row["name"] as string }));
  }

  async countOpen(): Promise<OpenWork> {
    return countOpen(this.#openReader());
  }

  takeJobs(options: Parameters<Ledger["takeJobs"]>[0]): ReturnType<Ledger["takeJobs"]> {
    return this.#call("takeJobs", options);
  }

  renewJob(options: Parameters<Ledger["renewJob"]>[0]): Promise<boolean> {
    return this.#call("renewJob", options);
  }

  finishJob(options: Parameters<Ledger["finishJob"]>[0]): Promise<boolean> {
    return this.#call("finishJob", options);
  }

  postponeJob(options: Parameters<Ledger["postponeJob"]>[0]): Promise<boolean> {
    return this.#call("postponeJob", options);
  }

  cancelJobs(options: Parameters<Ledger["cancelJobs"]>[0]): Promise<number> {
    return this.#call("cancelJobs", options);
  }

  async getCursor(name: string): Promise<number | null> {
    const row = this.#openReader().get("select value from counter where name = ?", cursorCounter(name));
    return row === null ? null : (row["value"] as number);
  }

  async moveCursor(options: { name: string; position: number }): Promise<void> {
    await this.#call("moveCursor", options);
  }

  async queryAudit(query: AuditQuery): ReturnType<Ledger["queryAudit"]> {
    return queryAudit(this.#openReader(), query);
  }

  async auditStats({ visibleTo }: Pick<AuditQuery, "visibleTo"> = {}): Promise<AuditStats> {
    const reader = this.#openReader();
    return auditStatsOf(visibleTo === undefined ? readAuditCells(reader) : await countOwnCells(reader, visibleTo));
  }

  async authorityVersion(): Promise<number> {
    this.#assertOpen();
    return this.#writer.authorityVersion;
  }

  async probe(): Promise<void> {
    await this.#call("probe", null);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The reader goes first: the last connection to close writes the log back into the file.
    const written = this.#writer.close();
    this.#followers.close();
    this.#reader.close();
    await written;
    this.#release();
  }

  #call<Kind extends CallKind>(
    kind: Kind,
    argument: WriterCalls[Kind]["argument"],
  ): Promise<WriterCalls[Kind]["answer"]> {
    return new Promise((resolve, reject) => {
      this.#writer.submit({
        operation: { kind, argument } as CallOperation,
        settle: (answer) => resolve(answer as WriterCalls[Kind]["answer"]),
        reject,
      });
    });
  }

  /** Makes the stored events known to followers in the order in which they were committed. */
  #settleAppend(batch: AppendBatch, outcome: AppendOutcome): AppendResult {
    if (outcome.status === "conflict") return outcome;
    const events = storedEvents(batch, outcome);
    this.#lastPosition = outcome.firstPosition + events.length - 1;
    this.#followers.publish(events);
    return { status: "appended", events };
  }

  /** The writer ended before it answered: what it had committed is in the file, the rest is not and never will be. */
  #settleUnanswered(unanswered: readonly Waiting[], error: PhasegateError): void {
    for (const { operation, settle, reject } of unanswered) {
      const outcome = operation.kind === "append" ? this.#findCommitted(operation) : null;
      if (outcome === null) reject(error);
      else settle(outcome);
    }
  }

  #findCommitted(operation: AppendOperation): AppendOutcome | null {
    if (this.#closing !== null) return null;
    const events = readStream(this.#reader, operation.stream, {
      afterVersion: operation.expectedVersion,
      limit: operation.events.length,
    });
    const [first] = events;
    if (first === undefined || first.id !== operation.events[0]?.id) return null;
    return {
      status: "appended",
      firstPosition: first.position,
      previousHash: first.previous_hash,
      hashes: events.map(({ hash }) => hash),
    };
  }

  #openReader(): Reader {
    this.#assertOpen();
    return this.#reader;
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw closedError();
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function appendOperation(batch: AppendBatch): Mutable<AppendOperation> {
  const { signHead: _, events, ...rest } = batch;
  return {
    ...rest,
    kind: "append",
    events: events.map(({ id, type, data }) => ({
      id,
      type,
      data: canonicalJson(data),
      facts: auditCellKey(auditFacts({ type, data })),
    })),
    payloads: canonicalPayloads(batch),
    signed: null,
  };
}

/** Signs the head that the batch will have: at the expected version, the chain can come out in one way only. */
function signAhead(
  operation: AppendOperation,
  options: { readonly previousHash: Digest | null; readonly signHead: NonNullable<AppendBatch["signHead"]> },
): AppendOperation["signed"] {
  const { at, principal, agentId } = operation.origin;
  let version = operation.expectedVersion;
  let hash = options.previousHash;
  for (const { id, type, data } of operation.events) {
    version += 1;
    hash = hashEventText({
      id: id as EventId,
      stream: operation.stream,
      version,
      type: type as StoredEvent["type"],
      at,
      principal,
      agent_id: agentId,
      data,
      previous_hash: hash,
    });
  }
  const head = hash as Digest;
  const { keyId, signature } = options.signHead({ stream: operation.stream, version, hash: head });
  return { keyId, signature, hash: head };
}

function storedEvents(batch: AppendBatch, outcome: Extract<AppendOutcome, { status: "appended" }>): StoredEvent[] {
  return batch.events.map(({ id, type, data }, offset) => ({
    id,
    stream: batch.stream,
    version: batch.expectedVersion + offset + 1,
    type,
    at: batch.origin.at,
    principal: batch.origin.principal,
    agent_id: batch.origin.agentId,
    data,
    previous_hash: offset === 0 ? outcome.previousHash : (outcome.hashes[offset - 1] ?? null),
    hash: outcome.hashes[offset] as Digest,
    position: outcome.firstPosition + offset,
  }));
}
