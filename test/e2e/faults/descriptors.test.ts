import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { Answered } from "../../harness/answered.ts";
import { FaultBed } from "../../harness/fault-bed.ts";

test("a server without file descriptors refuses what needs one, keeps what it answered, and goes on with more", async () => {
  const bed = new FaultBed("descriptors");
  const server = await bed.start();
  const agent = await server.newAgent("ada");
  const answered = new Answered();
  const call = { task_id: agent.taskId, phase_token: agent.token, tool_name: "write_files" };
  const authorize = () => agent.api.post("/tools/authorize", { ...call, args: { path: "src/b.txt", content: "b" } });
  const allow = (descriptors: number) => {
    execFileSync("prlimit", [`--pid=${server.pid}`, `--nofile=${descriptors}:`]);
  };

  allow(readdirSync(`/proc/${server.pid}/fd`).length);
  const decided = await authorize();
  expect(decided).toMatchObject({ status: 200, body: { effect: "allow" } });
  answered.note(agent.taskId, decided.body);
  const refusals = [
    await agent.execute("read_files", { path: "src/a.txt" }),
    await agent.execute("write_files", { path: "src/a.txt", content: "b" }),
    await agent.execute("grep", { pattern: "a", path: "src" }),
    await agent.bash("echo 1"),
    await server.operator.post("/tasks", { title: "more" }),
  ];
  expect(refusals.map(({ status, body }) => [status, body["code"]])).toEqual([
    [503, "overloaded"],
    [503, "workspace_unavailable"],
    [503, "overloaded"],
    [503, "workspace_unavailable"],
    [503, "overloaded"],
  ]);
  await dropNewConnections(new URL(server.url));
  // Past the next look at its own memory, which takes a descriptor.
  await expect.poll(async () => (await authorize()).status, { interval: 500 }).toBe(200);

  allow(1_024);
  expect((await server.operator.get("/health/ready")).status).toBe(200);
  for (const again of [await agent.bash("echo 1 > src/c.txt"), await agent.execute("glob", { pattern: "src/*" })]) {
    expect(again.status).toBe(200);
    answered.note(agent.taskId, again.body);
  }
  expect(await answered.lost(server.operator)).toEqual([]);
  expect(await answered.open(server.operator)).toEqual([]);
  expect(server.log).toContain("no file descriptors left");
  expect(await server.end()).toBe(0);
  expect(await bed.verify()).toMatchObject({ code: 0 });
});

/** Twenty clients that come now are turned away and hurt nobody. */
async function dropNewConnections({ hostname, port }: URL): Promise<void> {
  const sockets: Socket[] = [];
  for (let index = 0; index < 20; index += 1) {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    socket.resume();
    sockets.push(socket);
  }
  await Promise.all(sockets.map((socket) => once(socket, "close")));
}
