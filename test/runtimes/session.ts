// What an agent does with the SDK, on whatever runtime starts this file. Arguments: address, key, task. It asks on
// standard output, a line each, for what only the test can do, and waits for an answer; the last line is what it saw.
import process from "node:process";
import { createInterface } from "node:readline";
import { AgentClient, ToolDeniedError } from "../../packages/sdk/src/index.ts";

const [url = "", key = "", taskId = ""] = process.argv.slice(2);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const seen: Record<string, unknown> = {};
let noteHeartbeat: () => void;
const heartbeat = new Promise<void>((resolve) => {
  noteHeartbeat = resolve;
});

async function ask(question: string): Promise<void> {
  process.stdout.write(`${question}\n`);
  await answers.next();
}

await using agent = new AgentClient({
  url,
  key,
  agentId: "ada",
  heartbeat: { intervalMs: 20 },
  retry: { initialDelayMs: 1 },
  onEvent: ({ type }) => {
    if (type === "heartbeat") noteHeartbeat();
  },
});
const task = await agent.claimTask({ taskId });
seen["claimed"] = [task.title, agent.phase];

await agent.writeFile("notes/ü.md", "ä\n");
seen["read"] = await agent.readFile("notes/ü.md");
const [denied] = await Promise.allSettled([agent.writeFile("src/app.js", "")]);
seen["denied"] = denied.status === "rejected" && denied.reason instanceof ToolDeniedError && denied.reason.code;

await ask("lose an answer");
seen["ran"] = (await agent.runCommand("echo line >> notes/log.txt")).exit_code;
seen["log"] = await agent.readFile("notes/log.txt");

const reason = new Error("enough");
const stop = new AbortController();
const began = agent.runCommand("sleep 600", { signal: stop.signal });
await ask("tell when the command runs");
stop.abort(reason);
const [aborted] = await Promise.allSettled([began]);
seen["aborted"] = aborted.status === "rejected" && aborted.reason === reason;

const moved = await agent.requestTransition("CHECK", { respondAsync: true, pollMs: 10 });
seen["moved"] = [moved.outcome, moved.phase];
const blocked = await agent.complete();
seen["blocked"] = [blocked.outcome, blocked.findings.map(({ check }) => check)];
await heartbeat;
const done = await agent.complete({ artifacts: { plan: { summary: "two", acceptance_criteria: ["two is 2"] } } });
seen["done"] = done.outcome;

process.stdout.write(`${JSON.stringify(seen)}\n`);
