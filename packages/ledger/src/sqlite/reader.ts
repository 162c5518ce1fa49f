import { databaseError } from "./database-errors.ts";
import { openDatabase, type SqlDatabase, type SqlRow, type SqlStatement, type SqlValue } from "./driver.ts";

/** A second, read-only connection. It sees what is committed, and nothing else. Statements are compiled once. */
export class Reader {
  readonly #file: string;
  readonly #database: SqlDatabase;
  readonly #statements = new Map<string, SqlStatement>();

  constructor(file: string, options: { readonly busyTimeoutMs: number }) {
    this.#file = file;
    try {
      this.#database = openDatabase(file, { readOnly: true, busyTimeoutMs: options.busyTimeoutMs });
    } catch (error) {
      throw databaseError(file, error);
    }
  }

  /** Throws `ledger_unavailable` or `ledger_corrupt`. `sql` comes from a fixed set of texts. */
  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    try {
      return this.#statement(sql).all(...values);
    } catch (error) {
      throw databaseError(this.#file, error);
    }
  }

  get(sql: string, ...values: SqlValue[]): SqlRow | null {
    try {
      return this.#statement(sql).get(...values) ?? null;
    } catch (error) {
      throw databaseError(this.#file, error);
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
      throw databaseError(this.#file, error);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #statement(sql: string): SqlStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
