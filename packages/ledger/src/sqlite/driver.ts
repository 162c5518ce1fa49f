import { DatabaseSync } from "node:sqlite";

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

/** The few things that the back end asks of an SQLite library; another one fits by implementing this. */
export interface SqlDatabase {
  /** Runs statements without parameters or results. */
  exec(sql: string): void;
  /** Compiles a statement once; it lives as long as the connection. */
  prepare(sql: string): SqlStatement;
  close(): void;
}

export interface SqlStatement {
  /** Returns how many rows changed. */
  run(...values: SqlValue[]): number;
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
}

/** An error of the SQLite library, with the primary result code (`SQLITE_FULL` is 13). */
export interface SqlFailure {
  readonly resultCode: number;
  readonly message: string;
}

/** Opens a connection. Throws what `sqlFailure` understands. */
export function openDatabase(
  file: string,
  options: { readonly readOnly?: boolean; readonly busyTimeoutMs: number },
): SqlDatabase {
  const database = new DatabaseSync(file, {
    readOnly: options.readOnly ?? false,
    timeout: options.busyTimeoutMs,
    allowExtension: false,
    enableDoubleQuotedStringLiterals: false,
  });
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        run: (...values) => Number(statement.run(...values).changes),
        get: (...values) => statement.get(...values) as SqlRow | undefined,
        all: (...values) => statement.all(...values) as SqlRow[],
      };
    },
    close: () => database.close(),
  };
}

/** What SQLite said, or null when the error is not its own. */
export function sqlFailure(error: unknown): SqlFailure | null {
  if (!(error instanceof Error) || (error as { code?: unknown }).code !== "ERR_SQLITE_ERROR") return null;
  const extended = (error as { errcode?: unknown }).errcode;
  return { resultCode: typeof extended === "number" ? extended & 0xff : 1, message: error.message };
}
