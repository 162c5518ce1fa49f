import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withLogContext } from "./log-context.ts";
import { createLogger, createLoggerTo } from "./logger.ts";
import { RejectionLog } from "./rejection-log.ts";

function captured() {
  const lines: string[] = [];
  return { lines, log: createLoggerTo({ write: (line) => lines.push(line) }, "info") };
}

const jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLVMzQ1JFVA";
const key = "pgk_S3CRETaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

test("secrets never reach a log, at the top or further down", () => {
  const { lines, log } = captured();
  log.info({
    phase_token: "S3CRET",
    key: "S3CRET",
    body: { phase_token: "S3CRET", new_token: "S3CRET" },
    headers: { authorization: "S3CRET", "phase-token": "S3CRET" },
    request: { headers: { authorization: "S3CRET", "phase-token": "S3CRET" } },
    a: { b: [{ c: { d: { "Idempotency-Key": "S3CRET", password: "S3CRET" } } }] },
    task_id: "task_1",
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("S3CRET");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", task_id: "task_1", key: "[redacted]" });
});

test.each([
  ["a token in a query", "GET /api/v1/state/snapshot?phase_token=S3CRET&task_id=x"],
  ["a header in words", "headers were Authorization: Bearer S3CRET.S3CRET-S3CRET"],
  ["a key", `refused ${key}`],
  ["a phase token", `cannot read ${jwt}`],
  ["a password in an address", "connect postgres://user:S3CRET@db/x failed"],
])("%s is taken out of messages and of the words, stacks and members of errors", (_, words) => {
  const { lines, log } = captured();
  log.error(words);
  log.error({ err: Object.assign(new Error(words, { cause: new Error(words) }), { url: words, token: "S3CRET" }) });
  log.error({ nested: { words: [words] } }, "it failed");
  expect(lines).toHaveLength(3);
  expect(lines.join("")).not.toMatch(/S3CRET|c2lnbmF0dXJl/);
});

test("each line carries the ids of its work, also after a wait, and none of other work", async () => {
  const { lines, log } = captured();
  const work = async (ids: object): Promise<void> => {
    await Promise.resolve();
    log.info(ids, "worked");
  };
  await Promise.all([
    withLogContext({ request_id: "r1", task_id: "task_1" }, () => work({})),
    withLogContext({ request_id: "r2" }, () => work({ task_id: "task_2" })),
    work({}),
  ]);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { request_id: "r1", task_id: "task_1", msg: "worked" },
    { request_id: "r2", task_id: "task_2" },
    expect.not.objectContaining({ request_id: expect.anything() }),
  ]);
});

test("a log file is for its owner only, is opened again after a rotation, and takes lines for people", () => {
  const cwd = mkdtempSync(join(tmpdir(), "phasegate-log-"));
  const path = join(cwd, "logs", "server.log");
  const read = (name: string) => readFileSync(name, "utf8");
  const logging = { level: "info", format: "pretty", file: "logs/server.log", console: false } as const;
  const { log, reopen } = createLogger(logging, cwd);
  log.info({ task_id: "task_1" }, "first");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(read(path)).toMatch(/INFO: first\n\s+task_id: "task_1"\n/);
  renameSync(path, `${path}.1`);
  log.info("second");
  reopen();
  log.info("third");
  expect([read(`${path}.1`).includes("second"), read(path).includes("third")]).toEqual([true, true]);
});

test("a log file that cannot be opened stops the start with what to set", () => {
  const logging = { level: "info", format: "json", file: "/dev/null/x.log", console: false } as const;
  expect(() => createLogger(logging, "/")).toThrow(/^cannot open the log file `\/dev\/null\/x\.log`/);
});

test("a log on a full disk loses lines and ends nothing", () => {
  const { log } = createLogger({ level: "info", format: "json", file: "/dev/full", console: false }, "/");
  for (let line = 0; line < 100; line += 1) expect(() => log.info({ words: "x".repeat(1_000) })).not.toThrow();
});

test("refusals are logged at a limited rate, and what was left out is counted", () => {
  const { lines, log } = captured();
  const time = { now: 0 };
  const rejections = new RejectionLog(log, () => time.now);
  const refusal = { code: "unauthenticated", method: "GET", operation: "x", request_id: "r" };
  for (let count = 0; count < 100; count += 1) rejections.write(refusal);
  expect(lines).toHaveLength(20);
  time.now = 60_000;
  rejections.write(refusal);
  expect(lines.slice(20).map((line) => (JSON.parse(line) as { left_out?: number }).left_out)).toEqual([80, undefined]);
});

test("a log file whose folder cannot be made, or that is a pipe, is refused at once", () => {
  const folder = mkdtempSync(join(tmpdir(), "phasegate-log-"));
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const file of ["/proc/nowhere/at/all.log", pipe, folder]) {
    const logging = { level: "info", format: "json", file, console: false } as const;
    expect(() => createLogger(logging, "/")).toThrow(`cannot open the log file \`${file}\``);
  }
});

test("what is logged after the close goes nowhere, also when another file has the number", () => {
  const folder = mkdtempSync(join(tmpdir(), "phasegate-log-"));
  const logging = { level: "info", format: "json", file: join(folder, "log"), console: false } as const;
  const { log, reopen, close } = createLogger(logging, "/");
  close();
  const other = openSync(join(folder, "other"), "w");
  log.info("late");
  reopen();
  log.info("later");
  closeSync(other);
  expect(readFileSync(join(folder, "other"), "utf8")).toBe("");
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("");
});
