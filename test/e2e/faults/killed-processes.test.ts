import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { Agent } from "../../harness/agent.ts";
import { Answered } from "../../harness/answered.ts";
import { TestServer } from "../../harness/server.ts";

const workflow = `
name: killed
evidence:
  tests: { preset: node, retries: 0 }
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**", "test/**"], gate: green }
  - { id: DONE, tools: [read] }
`;

const slowTest = [
  'import { test } from "node:test";',
  'import { existsSync, readFileSync } from "node:fs";',
  'const wait = Number(readFileSync("src/wait.txt", "utf8"));',
  'test("waits", () => new Promise((resolve) => setTimeout(resolve, wait)));',
  "",
].join("\n");

let server: TestServer | null = null;
afterEach(() => server?.stop());

/** Processes below this one whose command line says so. */
function findBelow(words: string): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isBelow(parent));
  };
  return [...parents.keys()].filter((pid) => isBelow(pid) && commandOf(pid).includes(words));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Kills what runs these words once it is there. */
async function killOnceThere(words: string): Promise<void> {
  await expect.poll(() => findBelow(words).length).toBeGreaterThan(0);
  for (const pid of findBelow(words)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Its parent went first and took it along.
    }
  }
}

test("a command or an evidence run whose processes are killed proves nothing, and the agent goes on", async () => {
  const files = {
    "package.json": '{ "name": "killed", "type": "module", "private": true }\n',
    "src/wait.txt": "0\n",
    "test/wait.test.js": slowTest,
  };
  server = await TestServer.start({ workflow, files });
  await server.operator.post("/tasks", { title: "Go on" });
  const agent = await Agent.claim(await server.agent("ada"), "ada");
  const answered = new Answered();

  const command = agent.bash("echo begun > src/a.txt; sleep 4321");
  await killOnceThere("sleep 4321");
  const killed = await command;
  answered.note(agent.taskId, killed.body);
  expect(killed).toMatchObject({ status: 503, body: { code: "workspace_unavailable" } });

  const besideIt = agent.bash("echo begun > src/b.txt; sleep 5432");
  await expect.poll(() => findBelow("sleep 5432").length).toBeGreaterThan(0);
  await killOnceThere("spawner-process.ts");
  const orphaned = await besideIt;
  answered.note(agent.taskId, orphaned.body);
  expect(orphaned).toMatchObject({ status: 503, body: { code: "workspace_unavailable" } });
  expect(findBelow("sleep 5432")).toEqual([]);

  answered.note(agent.taskId, (await agent.execute("write_files", { path: "src/wait.txt", content: "40000\n" })).body);
  const running = agent.execute("run_tests", {});
  await killOnceThere("node --test");
  const ended = await running;
  expect(ended.body["result"]).not.toMatchObject({ passed: 1 });
  answered.note(agent.taskId, ended.body);

  answered.note(agent.taskId, (await agent.execute("write_files", { path: "src/wait.txt", content: "1\n" })).body);
  expect((await agent.transition("DONE")).body).toMatchObject({ allowed: true });
  expect(await answered.lost(server.operator)).toEqual([]);
  expect(await answered.open(server.operator)).toEqual([]);
});
