import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { TestContext } from "vitest";
import { Answered } from "../../harness/answered.ts";
import type { Answer } from "../../harness/api.ts";
import type { BinOptions } from "../../harness/bin-server.ts";
import { FaultBed } from "../../harness/fault-bed.ts";
import { SmallDisk } from "../../harness/small-disk.ts";

/** A bed whose data lie on a small disk; skips where no disk can be had. */
async function onSmallDisk(context: TestContext): Promise<{ disk: SmallDisk; bed: FaultBed; options: BinOptions }> {
  const bed = new FaultBed("disk");
  const disk = await SmallDisk.make(join(bed.path, "disk"), 32);
  if (disk === null) context.skip("this machine gives this user no namespaces to make a small disk in");
  onTestFinished(() => disk.remove());
  const options: BinOptions = {
    ...bed.options,
    dataDirectory: join(disk.path, "data"),
    through: disk.through(bed.options.repository),
    settings: { ...bed.options.settings, RUNNER_MIN_FREE_MB: "0", HEALTH_MIN_FREE_DISK_MB: "0" },
  };
  return { disk, bed, options };
}

/** Calls again and again, until the answer is that the ledger cannot be written; the last answer. */
async function untilTheLedgerRefuses(call: (number: number) => Promise<Answer>): Promise<Answer> {
  for (let number = 0; ; number += 1) {
    const answer = await call(number);
    if (number === 200 || answer.body["code"] === "ledger_unavailable") return answer;
  }
}

test("on a full disk every decision is refused and none is lost; with room again the next one stands", async (context) => {
  const { disk, bed, options } = await onSmallDisk(context);
  const server = await bed.start(options);
  const { operator } = server;
  const agent = await server.newAgent("ada");
  const answered = new Answered();
  const write = (content: string) => agent.execute("write_files", { path: "src/b.txt", content });
  answered.note(agent.taskId, (await write("before\n")).body);
  const waiter = await server.newAgent("bob");
  answered.note(waiter.taskId, (await waiter.execute("write_files", { path: "src/b.txt", content: "b\n" })).body);
  const folder = join(options.dataDirectory, "workspaces", waiter.taskId, "src");
  const running = waiter.bash("touch src/begun; while [ ! -e src/end ]; do sleep 0.05; done");
  await expect.poll(() => disk.has(join(folder, "begun"))).toBe(true);
  disk.fill();

  // What ends elsewhere may still give room back: the workspace can be the first that has none.
  const refused = await untilTheLedgerRefuses(async (call) => {
    const answer = await write(`${call}`.repeat(2_000));
    answered.note(agent.taskId, answer.body);
    return answer;
  });
  expect(refused).toMatchObject({
    status: 503,
    body: { code: "ledger_unavailable", detail: expect.stringContaining("the disk is full") as string },
  });
  for (const call of [
    agent.execute("read_files", { path: "src/a.txt", offset: 0 }),
    agent.transition("DONE"),
    operator.post("/tasks", { title: "x".repeat(300) }),
    operator.post("/keys", { name: "bob", kind: "agent", roles: ["agent"] }),
  ]) {
    expect(await call).toMatchObject({ status: 503, body: { code: "ledger_unavailable" } });
  }
  // A call whose beginning is recorded, and whose end cannot be.
  disk.run(`touch ${folder}/end`);
  expect(await running).toMatchObject({ status: 503, body: { code: "ledger_unavailable" } });
  expect((await operator.get("/health/live")).status).toBe(200);
  expect(await operator.get("/health/ready")).toMatchObject({ status: 503, body: { code: "ledger_unavailable" } });

  disk.free();
  expect((await operator.get("/health/ready")).status).toBe(200);
  const after = await write("after\n");
  expect(after).toMatchObject({ status: 200 });
  answered.note(agent.taskId, after.body);
  expect((await agent.transition("DONE")).body).toMatchObject({ allowed: true });
  expect(await answered.lost(operator)).toEqual([]);
  await expect.poll(() => answered.open(operator)).toEqual([]);
  const { body } = await operator.get(`/events?task_id=${waiter.taskId}&type=tool.interrupted`);
  expect(body["events"]).toMatchObject([{ data: { reason: "the ledger did not take the end of the call" } }]);
  expect(await server.end()).toBe(0);
  expect(await bed.verify(options)).toMatchObject({ code: 0 });
  const again = await bed.start(options);
  expect(await answered.lost(again.operator)).toEqual([]);
  expect(await answered.open(again.operator)).toEqual([]);
});

test("on a file system that became read-only nothing is granted; writable again it goes on", async (context) => {
  const { disk, bed, options } = await onSmallDisk(context);
  const server = await bed.start(options);
  const agent = await server.newAgent("ada");
  const answered = new Answered();
  const write = (content: string) => agent.execute("write_files", { path: "src/b.txt", content });
  answered.note(agent.taskId, (await write("before\n")).body);

  disk.makeReadOnly();
  for (const refused of [await write("meanwhile\n"), await agent.bash("echo 1 > src/c.txt")]) {
    expect(refused).toMatchObject({ status: 503, body: { code: "workspace_unavailable" } });
  }
  expect((await server.operator.get("/health/ready")).status).toBe(503);
  disk.makeWritable();

  // What is open stays open: the ledger takes decisions until it has no room, and then it has to be opened again.
  disk.fill();
  disk.makeReadOnly();
  await untilTheLedgerRefuses((call) => write(`${call}`.repeat(2_000)));
  for (const refused of [
    await write("meanwhile\n"),
    await agent.execute("read_files", { path: "src/a.txt" }),
    await server.operator.post("/tasks", { title: "Another" }),
  ]) {
    expect(refused).toMatchObject({ status: 503, body: { code: "ledger_unavailable" } });
  }
  disk.makeWritable();
  disk.free();
  const after = await write("after\n");
  expect(after).toMatchObject({ status: 200 });
  answered.note(agent.taskId, after.body);
  expect(await answered.lost(server.operator)).toEqual([]);
  expect(await server.end()).toBe(0);

  disk.makeReadOnly();
  const notStarted = await bed.run(["serve", "--port", "0"], options);
  expect(notStarted).toMatchObject({ code: 1, error: expect.stringContaining("read-only file system") as string });
  expect(notStarted.error).toContain("hint: make it writable");
  disk.makeWritable();
  const again = await bed.start(options);
  expect(await answered.lost(again.operator)).toEqual([]);
  expect(await again.end()).toBe(0);
  expect(await bed.verify(options)).toMatchObject({ code: 0 });
});
