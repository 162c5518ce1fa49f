import type { PhasegateError } from "@phasegate/wire/core";
import { Slices } from "../slices.ts";
import { databaseError } from "./database-errors.ts";
import { openDatabase, type SqlDatabase, type SqlRow, type SqlStatement, type SqlValue } from "./driver.ts";

/** A second, read-only connection. It sees what is committed, and nothing else. Statements are compiled once. */
export class Reader {
  readonly #file: string;
  readonly #database: SqlDatabase;
  readonly #onDamage: (damage: PhasegateError) => void;
  readonly #othersWait: () => boolean;
  readonly #statements = new Map<string, SqlStatement>();

  /** `onDamage` hears of every read that met damage; `othersWait` is what slices of long reads ask. */
  constructor(
    file: string,
    options: {
      readonly busyTimeoutMs: number;
      readonly onDamage?: (damage: PhasegateError) => void;
      readonly othersWait?: () => boolean;
    },
  ) {
    this.#file = file;
    this.#onDamage = options.onDamage ?? (() => undefined);
    this.#othersWait = options.othersWait ?? (() => false);
    try {
      this.#database = openDatabase(file, { readOnly: true, busyTimeoutMs: options.busyTimeoutMs });
    } catch (error) {
      throw databaseError(file, error);
    }
  }

  /** For one long read. */
  slices(): Slices {
    return new Slices(this.#othersWait);
  }

  /** Throws `ledger_unavailable` or `ledger_corrupt`. `sql` comes from a fixed set of texts. */
  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    try {
      return this.#statement(sql).all(...values);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  get(sql: string, ...values: SqlValue[]): SqlRow | null {
    try {
      return this.#statement(sql).get(...values) ?? null;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** From here on every read sees the ledger as it is now. */
  beginSnapshot(): void {
    this.inspect((database) => database.exec("begin"));
  }

  /** Runs reads that need the connection itself. */
  inspect<Result>(read: (database: SqlDatabase) => Result): Result {
    try {
      return read(this.#database);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #failed(error: unknown): PhasegateError {
    const failure = databaseError(this.#file, error);
    if (failure.code === "ledger_corrupt") this.#onDamage(failure);
    return failure;
  }

  #statement(sql: string): SqlStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
