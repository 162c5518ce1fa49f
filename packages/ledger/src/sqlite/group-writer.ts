import { canonicalJson } from "@phasegate/wire/core";
import { misuse } from "../append-checks.ts";
import { cursorCounter } from "./cursor-counter.ts";
import { databaseError, isOperationsOwnFault } from "./database-errors.ts";
import { openDatabase, type SqlDatabase } from "./driver.ts";
import { EventWriter } from "./event-writer.ts";
import { encodeFailure } from "./failures.ts";
import type { CallOperation, WriterOperation, WriterOptions, WriterOutcome } from "./protocol.ts";
import { expiredBody } from "./payload-states.ts";
import { requireWhole } from "./require-whole.ts";
import { migrate } from "./schema.ts";

/** Pages of the write-ahead log between two checkpoints: 32 MB, so that pages written often are copied once. */
const checkpointPages = 8_000;

interface Session {
  readonly database: SqlDatabase;
  readonly events: EventWriter;
  readonly calls: CallStatements;
}

/**
 * The only writer of a ledger file. States: *open* (a connection with compiled statements and remembered heads) and
 * *dropped* (after any fault of the file; the next group opens it again, so a fault that is gone needs no restart).
 * A group of operations shares one transaction; what it answers is durable when `commit` returns.
 */
export class GroupWriter {
  readonly #options: WriterOptions;
  #session: Session | null = null;
  #commitSeconds = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Opens the file, making or migrating it. Throws `ledger_unavailable` or `ledger_corrupt`. */
  open(): { lastPosition: number; authorityVersion: number } {
    const { database, events } = this.#openSession();
    requireWhole(database, this.#options.file);
    return { lastPosition: events.lastPosition, authorityVersion: events.authorityVersion };
  }

  /** Null after a fault. */
  get authorityVersion(): number | null {
    return this.#session?.events.authorityVersion ?? null;
  }

  /** How long the last commit itself took, with its wait for the disk. */
  get commitSeconds(): number {
    return this.#commitSeconds;
  }

  /**
   * Runs operations in one transaction, each with its own outcome. When one of them is itself at fault, all are run
   * again, each alone; when the file is at fault, all fail and nothing of them is there.
   */
  commit(operations: readonly WriterOperation[]): WriterOutcome[] {
    try {
      return this.#commitTogether(operations);
    } catch (error) {
      this.#drop();
      if (isOperationsOwnFault(error) && operations.length > 1) {
        return operations.flatMap((operation) => this.commit([operation]));
      }
      const failure = encodeFailure(databaseError(this.#options.file, error));
      return operations.map(() => ({ ok: false, failure }));
    }
  }

  close(): void {
    this.#drop();
  }

  #commitTogether(operations: readonly WriterOperation[]): WriterOutcome[] {
    const session = this.#openSession();
    session.database.exec("begin immediate");
    const outcomes = operations.map((operation): WriterOutcome => ({
      ok: true,
      answer: this.#run(session, operation),
    }));
    session.events.flush();
    const startedAt = performance.now();
    session.database.exec("commit");
    this.#commitSeconds = (performance.now() - startedAt) / 1_000;
    return outcomes;
  }

  #run(session: Session, operation: WriterOperation): unknown {
    return operation.kind === "append" ? session.events.append(operation) : runCall(session, operation);
  }

  #openSession(): Session {
    if (this.#session !== null) return this.#session;
    const { file, durability, busyTimeoutMs } = this.#options;
    let database: SqlDatabase | null = null;
    try {
      database = openDatabase(file, { busyTimeoutMs });
      database.exec(`
        pragma journal_mode = wal;
        pragma synchronous = ${durability};
        pragma wal_autocheckpoint = ${checkpointPages};
        pragma journal_size_limit = 67108864;
        pragma cache_size = -32768;
        pragma foreign_keys = off;
        pragma trusted_schema = off;
        pragma secure_delete = on;
      `);
      requireDurability(database, durability);
      migrate(database, { file, at: new Date().toISOString() });
      this.#session = { database, events: new EventWriter(database), calls: new CallStatements(database) };
      return this.#session;
    } catch (error) {
      closeQuietly(database);
      throw databaseError(file, error);
    }
  }

  /** Closing rolls back what was not committed. */
  #drop(): void {
    closeQuietly(this.#session?.database ?? null);
    this.#session = null;
  }
}

/** SQLite keeps what it has where it cannot do what a pragma asks, and says nothing. */
function requireDurability(database: SqlDatabase, asked: WriterOptions["durability"]): void {
  const level = database.prepare("pragma synchronous").get()?.["synchronous"];
  if (level !== levels[asked]) throw misuse(`commits wait for the disk at level ${String(level)}, not at \`${asked}\``);
}

const levels = { normal: 1, full: 2 } as const;

class CallStatements {
  readonly erase;
  readonly expire;
  readonly putWorkflow;
  readonly moveCursor;
  readonly probe;

  constructor(database: SqlDatabase) {
    this.erase = database.prepare("update payload set body = null where digest = ? and body is not null");
    this.expire = database.prepare(
      `update payload set body = '${expiredBody}' where digest = ?1 and body is not null and body <> '${expiredBody}'
       and not exists (select 1 from event where position > ?2 and instr(data, ?1) > 0)`,
    );
    this.putWorkflow = database.prepare("insert or ignore into workflow (digest, name, body) values (?, ?, ?)");
    this.moveCursor = database.prepare(
      "insert into counter (name, value) values (?, ?) on conflict (name) do update set value = max(value, excluded.value)",
    );
    this.probe = database.prepare("update counter set value = value + 1 where name = 'probes'");
  }
}

function runCall({ events, calls }: Session, operation: CallOperation): unknown {
  switch (operation.kind) {
    case "renewLease":
      return events.tasks.renewLease(operation.argument);
    case "erasePayload":
      return calls.erase.run(operation.argument) > 0;
    case "expirePayload":
      return calls.expire.run(operation.argument.digest, operation.argument.unusedAfter) > 0;
    case "beginIdempotent":
      return events.idempotency.begin(operation.argument);
    case "finishIdempotent":
      events.idempotency.finish(operation.argument);
      break;
    case "forgetIdempotent":
      events.idempotency.forget(operation.argument);
      break;
    case "recoverIdempotent":
      events.idempotency.recover(operation.argument);
      break;
    case "putWorkflow": {
      const { digest, name, body } = operation.argument;
      calls.putWorkflow.run(digest, name, canonicalJson(body));
      break;
    }
    case "takeJobs":
      return events.jobs.take(operation.argument);
    case "renewJob":
      return events.jobs.renew(operation.argument);
    case "finishJob":
      return events.jobs.finish(operation.argument);
    case "postponeJob":
      return events.jobs.postpone(operation.argument);
    case "cancelJobs":
      return events.jobs.cancel(operation.argument);
    case "moveCursor":
      calls.moveCursor.run(cursorCounter(operation.argument.name), operation.argument.position);
      break;
    case "probe":
      calls.probe.run();
      break;
  }
  return null;
}

function closeQuietly(database: SqlDatabase | null): void {
  try {
    database?.close();
  } catch {
    // The connection is given up either way; the fault that led here is what is reported.
  }
}
