import { PhasegateError } from "@phasegate/wire/core";
import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";
import type { SqlDatabase } from "./driver.ts";

/** Marks a file as a Phasegate ledger in SQLite's header: the letters `PHGT`. */
const applicationId = 0x50484754;

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** Each entry brings a ledger from one schema version to the next; entries are never changed once released. */
const migrations: readonly Migration[] = [
  {
    name: "first schema",
    sql: `
      create table stream (
        id integer primary key,
        name text not null unique
      );
      create table event (
        position integer primary key,
        stream_id integer not null,
        version integer not null,
        id text not null,
        type text not null,
        at text not null,
        principal text not null,
        agent_id text,
        data text not null,
        previous_hash text,
        hash text not null
      );
      create unique index event_in_stream on event (stream_id, version);
      create unique index event_by_id on event (id);
      create index event_by_type on event (type);
      create table signed_head (
        stream_id integer not null,
        version integer not null,
        hash text not null,
        key_id text not null,
        signature text not null,
        primary key (stream_id, version)
      ) without rowid;
      create table payload (
        digest text not null unique,
        body text
      );
      create table task (
        id integer primary key,
        task_id text not null unique,
        title text not null,
        status text not null,
        phase text not null,
        entry integer not null,
        epoch integer not null,
        priority integer not null,
        capabilities text not null,
        labels text not null,
        dependencies text not null,
        open_dependencies integer not null,
        workflow_digest text not null,
        workflow_name text not null,
        holder_principal text,
        agent_id text,
        assurance text,
        overridden integer not null,
        created_at text not null
      );
      create index task_offer on task (capabilities, priority desc, id) where status = 'ready' and open_dependencies = 0;
      create index task_by_status on task (status);
      create table task_dependency (
        depends_on text not null,
        task integer not null,
        primary key (depends_on, task)
      ) without rowid;
      create table task_holder (
        principal text not null,
        task integer not null,
        primary key (principal, task)
      ) without rowid;
      create table lease (
        task integer primary key,
        expires_at integer not null
      );
      create table audit_counter (
        facts text primary key,
        count integer not null
      ) without rowid;
      create table idempotency (
        scope text not null,
        key text not null,
        body_digest text not null,
        state text not null,
        answer text,
        expires_at integer not null,
        primary key (scope, key)
      );
      create index idempotency_running on idempotency (state) where state = 'running';
      create index idempotency_expiry on idempotency (expires_at);
      create table workflow (
        digest text primary key,
        name text not null,
        body text not null
      );
      create table job (
        number integer primary key,
        id text not null unique,
        kind text not null,
        task_id text,
        fairness_key text not null,
        due_at integer not null,
        body text not null,
        attempts integer not null,
        owner text,
        leased_until integer not null,
        last_error text
      );
      create index job_due on job (due_at);
      create index job_of_task on job (task_id);
      create table counter (
        name text primary key,
        value integer not null
      ) without rowid;
      insert into counter (name, value) values ('authority', 0), ('payloads', 0), ('signed_heads', 0), ('probes', 0);
    `,
  },
];

export const schemaVersion = migrations.length;

/**
 * Brings a new or older ledger to the present schema, in one transaction, and never back. What an older ledger held is
 * first copied to `<file>.schema-<version>.backup`; without that copy nothing is changed.
 * Throws `ledger_corrupt` on a database of another program and on a ledger of a newer version.
 */
export function migrate(
  database: SqlDatabase,
  options: { readonly file: string; readonly at: string; readonly steps?: readonly Migration[] },
): void {
  const steps = options.steps ?? migrations;
  const found = checkSchema(database, options.file, steps.length);
  if (found === steps.length) return;
  if (found > 0) backUp(database, `${options.file}.schema-${found}.backup`);
  database.exec("begin immediate");
  try {
    if (found === 0) {
      database.exec(`pragma application_id = ${applicationId}`);
      database.exec(
        "create table migration (version integer primary key, name text not null, applied_at text not null)",
      );
    }
    const note = database.prepare("insert into migration (version, name, applied_at) values (?, ?, ?)");
    for (const [index, { name, sql }] of steps.entries()) {
      if (index < found) continue;
      database.exec(sql);
      note.run(index + 1, name, options.at);
    }
    database.exec("commit");
  } catch (error) {
    database.exec("rollback");
    throw error;
  }
}

/**
 * The schema version of a ledger; 0 for an empty file.
 * Throws `ledger_corrupt` on a database of another program and on a ledger of a newer version.
 */
export function checkSchema(database: SqlDatabase, file: string, known = schemaVersion): number {
  const application = numberOf(database.prepare("pragma application_id").get()?.["application_id"]);
  if (application !== applicationId) {
    const tables = numberOf(database.prepare("select count(*) as tables from sqlite_schema").get()?.["tables"]);
    if (application === 0 && tables === 0) return 0;
    throw new PhasegateError("ledger_corrupt", `\`${file}\` is a database of another program`, {
      hint: "name another file in `storage.url`",
    });
  }
  const version = numberOf(database.prepare("select max(version) as version from migration").get()?.["version"]);
  if (version > known) {
    throw new PhasegateError(
      "ledger_corrupt",
      `\`${file}\` was written by a newer Phasegate (schema ${version}, this one knows ${known})`,
      { hint: "start the newer version, or restore an older backup" },
    );
  }
  return version;
}

/** One that is there stays: it is what an earlier try, which did not end, began from. */
function backUp(database: SqlDatabase, copy: string): void {
  if (existsSync(copy)) return;
  const making = `${copy}.making`;
  rmSync(making, { force: true });
  database.prepare("vacuum into ?").run(making);
  chmodSync(making, 0o600);
  renameSync(making, copy);
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
