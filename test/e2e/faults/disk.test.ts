import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { TestContext } from "vitest";
import { Answered } from "../../harness/answered.ts";
import { BinServer, runBin } from "../../harness/bin-server.ts";
import type { BinOptions } from "../../harness/bin-server.ts";
import { makeRepository, temporaryDirectory } from "../../harness/repository.ts";
import { SmallDisk } from "../../harness/small-disk.ts";

const workflow = `
name: disk
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**"] }
  - { id: DONE, tools: [read] }
`;

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A repository, and a small disk for the server's data; skips where no disk can be had. */
async function onSmallDisk(context: TestContext): Promise<{ disk: SmallDisk; options: BinOptions }> {
  const { path, remove } = temporaryDirectory("disk");
  closing.push(remove);
  const disk = await SmallDisk.make(join(path, "disk"), 32);
  if (disk === null) context.skip("this machine gives this user no namespaces to make a small disk in");
  closing.push(() => disk.remove());
  const files = { "agent_workflow.yaml": workflow, "src/a.txt": "a\n" };
  const repository = makeRepository(join(path, "repository"), files);
  return {
    disk,
    options: {
      repository,
      dataDirectory: join(disk.path, "data"),
      through: disk.through(repository),
      settings: { RUNNER_SANDBOX: "off", RUNNER_MIN_FREE_MB: "0", HEALTH_MIN_FREE_DISK_MB: "0" },
    },
  };
}

async function start(options: BinOptions): Promise<BinServer> {
  const server = await BinServer.start(options);
  closing.push(() => server.end("SIGKILL"));
  return server;
}

const verify = (options: BinOptions) => runBin(["audit", "verify", "--data-dir", options.dataDirectory], options);

test("on a full disk every decision is refused and none is lost; with room again the next one stands", async (context) => {
  const { disk, options } = await onSmallDisk(context);
  const server = await start(options);
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

  let refused = await write("x".repeat(40_000));
  for (let call = 0; call < 200 && refused.status === 200; call += 1) {
    answered.note(agent.taskId, refused.body);
    refused = await write(`${call}`.repeat(20_000));
  }
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
  await expect.poll(() => answered.open(operator), { timeout: 10_000 }).toEqual([]);
  const { body } = await operator.get(`/events?task_id=${waiter.taskId}&type=tool.interrupted`);
  expect(body["events"]).toMatchObject([{ data: { reason: "the ledger did not take the end of the call" } }]);
  expect(await server.end()).toBe(0);
  expect(await verify(options)).toMatchObject({ code: 0 });
  const again = await start(options);
  expect(await answered.lost(again.operator)).toEqual([]);
  expect(await answered.open(again.operator)).toEqual([]);
});

test("on a file system that became read-only nothing is granted; writable again it goes on", async (context) => {
  const { disk, options } = await onSmallDisk(context);
  const server = await start(options);
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

  // A ledger that had to be opened again, on a disk that then is read-only.
  disk.fill();
  let full = await write("x".repeat(40_000));
  for (let call = 0; call < 200 && full.status === 200; call += 1) full = await write(`${call}`.repeat(20_000));
  disk.makeReadOnly();
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
  const notStarted = await runBin(["serve", "--port", "0", "--data-dir", options.dataDirectory], options);
  expect(notStarted).toMatchObject({ code: 1, error: expect.stringContaining("read-only file system") as string });
  expect(notStarted.error).toContain("hint: make it writable");
  disk.makeWritable();
  const again = await start(options);
  expect(await answered.lost(again.operator)).toEqual([]);
  expect(await again.end()).toBe(0);
  expect(await verify(options)).toMatchObject({ code: 0 });
});
