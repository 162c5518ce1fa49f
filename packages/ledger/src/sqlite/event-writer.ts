import type { Digest, HashedEvent, StoredEvent } from "@phasegate/wire";
import { misuse } from "../append-checks.ts";
import { hashEventText } from "../event-text.ts";
import { changesTaskRow, taskOfStream } from "../index-row.ts";
import { JobWriter } from "./job-writer.ts";
import { IdempotencyWriter } from "./idempotency-writer.ts";
import type { SqlDatabase } from "./driver.ts";
import type { AppendOperation, AppendOutcome } from "./protocol.ts";
import { expiredBody } from "./payload-states.ts";
import { TaskIndexWriter } from "./task-index-writer.ts";

interface Head {
  readonly number: number;
  readonly version: number;
  readonly hash: Digest | null;
}

const maxCachedHeads = 50_000;

/**
 * Appends batches inside a transaction that its caller begins and commits. Heads, the last position and the authority
 * version are remembered between transactions, so after a rollback the instance must be dropped: they run ahead of
 * the file until the commit. Counters are collected and written by `flush`, once for each transaction.
 */
export class EventWriter {
  readonly tasks: TaskIndexWriter;
  readonly jobs: JobWriter;
  readonly idempotency: IdempotencyWriter;
  readonly #statements;
  readonly #heads = new Map<string, Head>();
  readonly #cells = new Map<string, number>();
  #newPayloads = 0;
  #newSignedHeads = 0;
  #authorityRaises = 0;
  #lastPosition: number;
  #authorityVersion: number;

  constructor(database: SqlDatabase) {
    this.jobs = new JobWriter(database);
    this.idempotency = new IdempotencyWriter(database);
    this.tasks = new TaskIndexWriter(database);
    this.#statements = {
      head: database.prepare(
        `select stream.id, event.version, event.hash from stream left join event on event.stream_id = stream.id
         where stream.name = ? order by event.version desc limit 1`,
      ),
      addStream: database.prepare("insert into stream (name) values (?) returning id"),
      addEvent: database.prepare(
        `insert into event (position, stream_id, version, id, type, at, principal, agent_id, data, previous_hash, hash)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      addPayload: database.prepare("insert or ignore into payload (digest, body) values (?, ?)"),
      keepAgain: database.prepare(`update payload set body = ?2 where digest = ?1 and body = '${expiredBody}'`),
      addSignedHead: database.prepare(
        "insert into signed_head (stream_id, version, hash, key_id, signature) values (?, ?, ?, ?, ?)",
      ),
      count: database.prepare(
        "insert into audit_counter (facts, count) values (?1, ?2) on conflict (facts) do update set count = count + ?2",
      ),
      raise: database.prepare("update counter set value = value + ? where name = ?"),
    };
    this.#lastPosition = numberIn(database, "select coalesce(max(position), 0) as value from event");
    this.#authorityVersion = numberIn(database, "select value from counter where name = 'authority'");
  }

  get lastPosition(): number {
    return this.#lastPosition;
  }

  get authorityVersion(): number {
    return this.#authorityVersion;
  }

  append(operation: AppendOperation): AppendOutcome {
    const head = this.#head(operation.stream);
    const conflict = this.#conflict(operation, head);
    if (conflict !== null) return conflict;

    const number = head.number === 0 ? this.#addStream(operation.stream) : head.number;
    const firstPosition = this.#lastPosition + 1;
    const hashes: Digest[] = [];
    const rowEvents: StoredEvent[] = [];
    let { version, hash: previous } = head;
    for (const { id, type, data, facts } of operation.events) {
      version += 1;
      this.#lastPosition += 1;
      const { at, principal, agentId } = operation.origin;
      const event = {
        id: id as HashedEvent["id"],
        stream: operation.stream,
        version,
        type: type as HashedEvent["type"],
        at,
        principal,
        agent_id: agentId,
        previous_hash: previous,
      };
      const hash = hashEventText({ ...event, data });
      this.#statements.addEvent.run(
        this.#lastPosition,
        number,
        version,
        id,
        type,
        at,
        principal,
        agentId,
        data,
        previous,
        hash,
      );
      this.#cells.set(facts, (this.#cells.get(facts) ?? 0) + 1);
      if (changesTaskRow(event.type)) {
        rowEvents.push({ ...event, data: JSON.parse(data) as StoredEvent["data"], hash, position: this.#lastPosition });
      }
      hashes.push(hash);
      previous = hash;
    }
    if (operation.signed !== null && operation.signed.hash !== previous) throw misuse("the signed head is another");
    this.#keep(operation, { number, version, hash: previous }, rowEvents);
    return { status: "appended", firstPosition, previousHash: head.hash, hashes };
  }

  /** Writes what was collected since the last flush; the last step before the commit. */
  flush(): void {
    for (const [cell, count] of this.#cells) this.#statements.count.run(cell, count);
    this.#cells.clear();
    if (this.#newPayloads > 0) this.#statements.raise.run(this.#newPayloads, "payloads");
    this.#newPayloads = 0;
    if (this.#newSignedHeads > 0) this.#statements.raise.run(this.#newSignedHeads, "signed_heads");
    this.#newSignedHeads = 0;
    if (this.#authorityRaises > 0) this.#statements.raise.run(this.#authorityRaises, "authority");
    this.#authorityRaises = 0;
  }

  #conflict(operation: AppendOperation, head: Head): AppendOutcome | null {
    if (head.version !== operation.expectedVersion) {
      return { status: "conflict", actualVersion: head.version, cause: "version" };
    }
    const moved = operation.expectedAuthority !== undefined && operation.expectedAuthority !== this.#authorityVersion;
    return moved ? { status: "conflict", actualVersion: head.version, cause: "authority" } : null;
  }

  /** Everything of a batch beside its events. */
  #keep(operation: AppendOperation, head: Head, rowEvents: readonly StoredEvent[]): void {
    for (const { digest, body } of operation.payloads) {
      const added = this.#statements.addPayload.run(digest, body);
      this.#newPayloads += added;
      if (added === 0) this.#statements.keepAgain.run(digest, body);
    }
    this.tasks.apply({ number: head.number, name: operation.stream }, rowEvents, operation.lease);
    const taskId = taskOfStream(operation.stream);
    if (taskId !== null && operation.endsJobs !== undefined) this.jobs.cancel({ taskId, kinds: operation.endsJobs });
    for (const job of operation.jobs ?? []) this.jobs.add(job);
    if (operation.idempotent !== undefined) this.idempotency.finish(operation.idempotent);
    if (operation.changesAuthority === true) {
      this.#authorityVersion += 1;
      this.#authorityRaises += 1;
    }
    if (operation.signed !== null) {
      const { hash, keyId, signature } = operation.signed;
      this.#statements.addSignedHead.run(head.number, head.version, hash, keyId, signature);
      this.#newSignedHeads += 1;
    }
    this.#remember(operation.stream, head);
  }

  #head(stream: string): Head {
    const cached = this.#heads.get(stream);
    if (cached !== undefined) return cached;
    const row = this.#statements.head.get(stream);
    return {
      number: (row?.["id"] ?? 0) as number,
      version: (row?.["version"] ?? 0) as number,
      hash: (row?.["hash"] ?? null) as Digest | null,
    };
  }

  #addStream(name: string): number {
    return this.#statements.addStream.get(name)?.["id"] as number;
  }

  #remember(stream: string, head: Head): void {
    if (this.#heads.size >= maxCachedHeads) this.#heads.clear();
    this.#heads.set(stream, head);
  }
}

function numberIn(database: SqlDatabase, sql: string): number {
  return database.prepare(sql).get()?.["value"] as number;
}
