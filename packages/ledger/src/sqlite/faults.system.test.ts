import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { appendTo, batchOf, created, taskId, toolExecuted } from "../conformance/samples.ts";
import type { Ledger } from "../port.ts";
import { verifyLedger } from "../verify/index.ts";
import { openSqliteLedger } from "./sqlite-ledger.ts";

const folder = mkdtempSync(join(tmpdir(), "phasegate-faults-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = (): string => join(folder, `${(files += 1)}.db`);

const unavailable = { code: "ledger_unavailable" };

/** After a fault: nothing of what was rejected is there, and the ledger works and verifies. */
async function expectSound(ledger: Ledger, file: string, events: number): Promise<void> {
  expect(await ledger.lastPosition()).toBe(events);
  await appendTo(ledger, "after", [created()]);
  expect(await ledger.readAll({ after: 0, limit: 10_000 })).toHaveLength(events + 1);
  expect((await verifyLedger({ file })).firstBad).toBeNull();
}

test("the files of a ledger are the owner's alone", async () => {
  const file = newFile();
  writeFileSync(file, "", { mode: 0o644 });
  const ledger = await openSqliteLedger({ file });
  await appendTo(ledger, "one", [created()]);
  for (const suffix of ["", "-wal", "-shm", "-owner"]) {
    expect({ suffix, mode: statSync(file + suffix).mode & 0o777 }).toEqual({ suffix, mode: 0o600 });
  }
  await ledger.close();
});

test("what was appended is there after the ledger is opened again", async () => {
  const file = newFile();
  const first = await openSqliteLedger({ file });
  const events = await appendTo(first, "one", [created(), toolExecuted()]);
  await first.close();
  const second = await openSqliteLedger({ file });
  expect(await second.readStream("task/task_one")).toEqual(events);
  expect((await appendTo(second, "one", [toolExecuted()]))[0]).toMatchObject({ version: 3, position: 3 });
  await second.close();
});

test("one process owns a file: a second opener is told so, by any name of the file, until the first closes", async () => {
  const file = newFile();
  const first = await openSqliteLedger({ file });
  const link = newFile();
  symlinkSync(file, link);
  for (const name of [file, link]) {
    const refusal = openSqliteLedger({ file: name });
    await expect(refusal).rejects.toMatchObject({
      ...unavailable,
      message: `\`${file}\` is in use by another Phasegate server`,
    });
  }
  await appendTo(first, "one", [created()]);
  await first.close();
  const second = await openSqliteLedger({ file });
  await second.close();
});

test("a file that was cut is refused with what is left of it, whatever page is missing", async () => {
  const file = newFile();
  const ledger = await openSqliteLedger({ file });
  for (const name of ["one", "two", "three"]) await appendTo(ledger, name, [created()]);
  await ledger.close();
  const { size } = statSync(file);
  truncateSync(file, size - 1);
  await expect(openSqliteLedger({ file })).rejects.toMatchObject({
    code: "ledger_corrupt",
    message: `\`${file}\` was cut: it holds ${size - 1} of ${size} bytes`,
  });
});

test("while another program has the file locked appends are refused; then they work", async () => {
  const file = newFile();
  const ledger = await openSqliteLedger({ file, busyTimeoutMs: 20 });
  await appendTo(ledger, "one", [created()]);
  const other = new DatabaseSync(file);
  other.exec("begin immediate");
  await expect(appendTo(ledger, "two", [created()])).rejects.toMatchObject({
    ...unavailable,
    message: `\`${file}\` is locked by another program`,
    cause: { resultCode: 5 },
  });
  await expect(ledger.probe()).rejects.toMatchObject(unavailable);
  expect(await ledger.getTask(taskId("one"))).toMatchObject({ status: "ready" });
  other.exec("rollback");
  other.close();
  await ledger.probe();
  await expectSound(ledger, file, 1);
  await ledger.close();
});

describe("a writer thread that is killed", () => {
  test("takes no acknowledged event with it, and the next append starts another", async () => {
    const file = newFile();
    const workers: Worker[] = [];
    const spawnWriter = (workerData: object): Worker => {
      const worker = new Worker(new URL("./writer-worker.ts", import.meta.url), { workerData });
      workers.push(worker);
      return worker;
    };
    const ledger = await openSqliteLedger({ file, spawnWriter });
    let appended = 0;
    for (let round = 0; round < 5; round += 1) {
      const appends = Array.from({ length: 30 }, (_, index) =>
        ledger.append(batchOf(`task/task_r${round}i${index}`, [created()])),
      );
      const outcomes = Promise.allSettled(appends);
      setImmediate(() => setImmediate(() => void workers.at(-1)?.terminate()));
      for (const outcome of await outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(unavailable);
        else appended += 1;
      }
      expect(await ledger.readAll({ after: 0, limit: 10_000 })).toHaveLength(appended);
    }
    expect(workers.length).toBeGreaterThan(1);
    await expectSound(ledger, file, appended);
    await ledger.close();
  });
});

describe("a file that cannot be used is refused with what it is", () => {
  test("no database", async () => {
    const file = newFile();
    writeFileSync(file, "a letter to a friend. ".repeat(500));
    await expect(openSqliteLedger({ file })).rejects.toMatchObject({
      code: "ledger_corrupt",
      message: expect.stringContaining(`\`${file}\` is no SQLite database, or is damaged`) as string,
    });
    expect(readFileSync(file, "utf8")).toContain("a letter to a friend. a letter");
  });

  test("a database of another program", async () => {
    const file = newFile();
    const other = new DatabaseSync(file);
    other.exec("create table diary (entry text)");
    other.close();
    await expect(openSqliteLedger({ file })).rejects.toMatchObject({
      code: "ledger_corrupt",
      message: `\`${file}\` is a database of another program`,
    });
  });

  test("a newer schema", async () => {
    const file = newFile();
    await (await openSqliteLedger({ file })).close();
    const database = new DatabaseSync(file);
    database.exec("insert into migration values (99, 'from the future', '2030-01-01T00:00:00.000Z')");
    database.close();
    await expect(openSqliteLedger({ file })).rejects.toMatchObject({
      code: "ledger_corrupt",
      message: `\`${file}\` was written by a newer Phasegate (schema 99, this one knows 1)`,
    });
  });

  test("a folder that is not there", async () => {
    const file = join(folder, "none", "ledger.db");
    await expect(openSqliteLedger({ file })).rejects.toMatchObject({
      ...unavailable,
      extras: { hint: expect.any(String) as string },
    });
  });

  test("and the lock is free again", async () => {
    const file = newFile();
    writeFileSync(file, "a letter to a friend. ".repeat(500));
    await expect(openSqliteLedger({ file })).rejects.toThrow("is no SQLite database");
    rmSync(file);
    await (await openSqliteLedger({ file })).close();
  });
});
