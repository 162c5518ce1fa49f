import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { CuttingProxy } from "../harness/cutting-proxy.ts";
import { TestServer } from "../harness/server.ts";
import { installCommand, type Runtime, runtimes } from "./programs.ts";

const workflow = `
name: runtimes
phases:
  - { id: WORK, tools: [read, edit, run], write: ["notes/**"] }
  - { id: CHECK, tools: [read], artifacts: [plan], gate: plan_has_acceptance_criteria }
`;
const session = fileURLToPath(new URL("./session.ts", import.meta.url));

describe("the SDK works the same under every runtime", () => {
  let server: TestServer;
  let proxy: CuttingProxy;
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files: { "src/app.js": "export const one = 1;\n" } });
    proxy = await CuttingProxy.before(server.url);
  });
  afterAll(async () => {
    proxy.close();
    await server.stop();
  });

  for (const runtime of runtimes) {
    const { name, program } = runtime;
    const missing = program === null;
    test.skipIf(missing)(`${name}${missing ? ` (to run this, type: ${installCommand})` : ""}`, async () => {
      const taskId = String((await server.operator.post("/tasks", { title: "Take notes" })).body["id"]);
      const cutsBefore = proxy.cuts;
      expect(await work(runtime, taskId)).toEqual({
        claimed: ["Take notes", "WORK"],
        read: "ä\n",
        denied: "path_not_allowed",
        ran: 0,
        log: "line\n",
        aborted: true,
        moved: ["moved", "CHECK"],
        blocked: ["blocked", ["artifact_missing", "plan_has_acceptance_criteria"]],
        done: "completed",
      });
      expect(proxy.cuts).toBe(cutsBefore + 1);
      expect((await server.operator.get(`/tasks/${taskId}`)).body["status"]).toBe("completed");
    });
  }

  /** Starts the session under a runtime, does what it asks for, and answers the last line, once it has ended by itself. */
  async function work(runtime: Runtime, taskId: string): Promise<unknown> {
    const agent = await server.agent(`agent-${runtime.name.toLowerCase()}`);
    const child = spawn(runtime.program ?? "", [...runtime.arguments, session, proxy.url, String(agent.key), taskId], {
      cwd: server.directory,
      env: { PATH: process.env["PATH"], HOME: server.directory, DENO_NO_UPDATE_CHECK: "1", DO_NOT_TRACK: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    let last = "";
    for await (const line of createInterface({ input: child.stdout })) {
      last = line;
      if (line === "lose an answer") proxy.cutNext("answer");
      if (line === "tell when the command runs") await commandStarted(taskId);
      if (line.startsWith("{")) child.stdin.end();
      else child.stdin.write("done\n");
    }
    expect(await ended).toEqual([0, null]);
    return JSON.parse(last);
  }

  /** Resolves when a second command has been started: the first one ended. */
  async function commandStarted(taskId: string): Promise<void> {
    await vi.waitFor(async () => {
      const { body } = await server.operator.get(`/events?task_id=${taskId}&type=tool.started&limit=100`);
      const started = (body["events"] as { data: { tool_name?: string } }[]).filter(
        ({ data }) => data.tool_name === "bash",
      );
      expect(started).toHaveLength(2);
    });
  }
});
