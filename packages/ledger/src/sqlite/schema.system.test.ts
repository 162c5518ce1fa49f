import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase, type SqlDatabase } from "./driver.ts";
import { checkSchema, migrate, type Migration } from "./schema.ts";

const at = "2030-01-01T00:00:00.000Z";
const first: Migration = {
  name: "first",
  sql: "create table note (body text) strict; insert into note values ('kept')",
};
const second: Migration = { name: "second", sql: "drop table note" };
const broken: Migration = { name: "broken", sql: "drop table note; create table note (" };

let folder: string;
let file: string;
let database: SqlDatabase;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "phasegate-schema-"));
  file = join(folder, "ledger.sqlite");
  database = openDatabase(file, { busyTimeoutMs: 0 });
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function notesIn(path: string): unknown {
  const copy = openDatabase(path, { readOnly: true, busyTimeoutMs: 0 });
  try {
    return copy
      .prepare("select body from note")
      .all()
      .map(({ body }) => body);
  } finally {
    copy.close();
  }
}

test("a new ledger needs no copy", () => {
  migrate(database, { file, at, steps: [first] });
  expect(checkSchema(database, file, 1)).toBe(1);
  expect(existsSync(`${file}.schema-0.backup`)).toBe(false);
});

test("an older ledger is copied before it is brought forward", () => {
  migrate(database, { file, at, steps: [first] });
  migrate(database, { file, at, steps: [first, second] });
  expect(checkSchema(database, file, 2)).toBe(2);
  expect(notesIn(`${file}.schema-1.backup`)).toEqual(["kept"]);
  expect(statSync(`${file}.schema-1.backup`).mode & 0o777).toBe(0o600);
});

test("a step that fails leaves the ledger as it was, and the copy of it", () => {
  migrate(database, { file, at, steps: [first] });
  expect(() => migrate(database, { file, at, steps: [first, broken] })).toThrow(/incomplete input|syntax/);
  expect(checkSchema(database, file, 1)).toBe(1);
  expect(notesIn(file)).toEqual(["kept"]);
  expect(notesIn(`${file}.schema-1.backup`)).toEqual(["kept"]);
});

test("a copy from an earlier try is not overwritten", () => {
  migrate(database, { file, at, steps: [first] });
  expect(() => migrate(database, { file, at, steps: [first, broken] })).toThrow(/incomplete input|syntax/);
  database.exec("delete from note");
  migrate(database, { file, at, steps: [first, second] });
  expect(notesIn(`${file}.schema-1.backup`)).toEqual(["kept"]);
});

test("an older program refuses a newer ledger, and changes nothing", () => {
  migrate(database, { file, at, steps: [first, second] });
  expect(() => migrate(database, { file, at, steps: [first] })).toThrow(
    /was written by a newer Phasegate \(schema 2, this one knows 1\)/,
  );
  expect(checkSchema(database, file, 2)).toBe(2);
});
