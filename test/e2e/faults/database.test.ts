import { copyFileSync, openSync, closeSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Answered } from "../../harness/answered.ts";
import { FaultBed } from "../../harness/fault-bed.ts";

/** A server that has answered, with a backup of that moment; `damage` is applied to the stopped ledger. */
async function answeredServer() {
  const bed = new FaultBed("database");
  const server = await bed.start();
  const agent = await server.newAgent("ada");
  const answered = new Answered();
  for (let call = 0; call < 30; call += 1) {
    const { body } = await agent.execute("write_files", { path: "src/b.txt", content: `${call}`.repeat(2_000) });
    answered.note(agent.taskId, body);
  }
  const ledger = join(bed.options.dataDirectory, "ledger.sqlite");
  return { bed, server, agent, answered, ledger };
}

function overwrite(file: string, from: number, bytes: number): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, Buffer.alloc(bytes, 0x5a), 0, bytes, from);
  closeSync(descriptor);
}

const endings = [
  ["a header overwritten", "is no SQLite database, or is damaged"],
  ["every page but the first overwritten", "is no SQLite database, or is damaged"],
  ["cut in half", "is no SQLite database, or is damaged"],
  ["cut inside the last page", "was cut: it holds "],
] as const;

const damages: Record<(typeof endings)[number][0], (file: string) => void> = {
  "a header overwritten": (file) => overwrite(file, 0, 100),
  "every page but the first overwritten": (file) => overwrite(file, 4_096, statSync(file).size - 4_096),
  "cut in half": (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  "cut inside the last page": (file) => truncateSync(file, statSync(file).size - 1_000),
};

test("a damaged or cut ledger is not served, the message says what it is, and a backup brings everything back", async () => {
  const { bed, server, answered, ledger } = await answeredServer();
  const backup = join(bed.path, "backup");
  expect(await bed.run(["backup", backup])).toMatchObject({ code: 0 });
  expect(await server.end()).toBe(0);
  const whole = join(bed.path, "whole.sqlite");
  copyFileSync(ledger, whole);
  for (const [damage, message] of endings) {
    for (const suffix of ["-wal", "-shm"]) rmSync(`${ledger}${suffix}`, { force: true });
    copyFileSync(whole, ledger);
    damages[damage](ledger);
    const started = await bed.run(["serve", "--port", "0"]);
    expect({ damage, ...started }).toMatchObject({
      damage,
      code: 1,
      error: expect.stringContaining(message) as string,
    });
    expect(started.error).toContain("hint: restore it from a backup");
  }
  expect(await bed.verify()).toMatchObject({ code: 1 });
  rmSync(bed.options.dataDirectory, { recursive: true });
  expect(await bed.run(["restore", backup])).toMatchObject({ code: 0 });
  const again = await bed.start();
  expect(await answered.lost(again.operator)).toEqual([]);
});

test("a server that met damage in its ledger grants nothing more", async () => {
  const { server, agent, ledger } = await answeredServer();
  overwrite(ledger, 4_096, statSync(ledger).size - 4_096);
  // Past the header of the log and of its first frame.
  overwrite(`${ledger}-wal`, 56, statSync(`${ledger}-wal`).size - 56);
  expect(await server.operator.get("/audit/query")).toMatchObject({ status: 503, body: { code: "ledger_corrupt" } });
  for (const refused of [
    await agent.execute("write_files", { path: "src/b.txt", content: "b" }),
    await agent.execute("read_files", { path: "src/a.txt" }),
    await server.operator.get("/health/ready"),
  ]) {
    expect(refused).toMatchObject({ status: 503, body: { code: "ledger_corrupt" } });
  }
  expect(server.log).toContain("ledger_corrupt");
  expect(await server.end()).toBe(0);
});
