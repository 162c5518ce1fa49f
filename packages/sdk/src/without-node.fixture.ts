// A thread that first loses what only Node has, then loads the client and works with it.
import { parentPort } from "node:worker_threads";

// `Buffer` stays: Node's own fetch needs it.
const missing = ["process", "global", "setImmediate"];
for (const name of missing) Reflect.deleteProperty(globalThis, name);

const { AgentClient } = await import("./index.ts");
const { claimAnswer, ScriptedServer, taskAnswer, transitionAnswer } = await import("./testing/scripted-server.ts");

const server = new ScriptedServer(
  claimAnswer(),
  { body: { result: { content: "x" }, logged: true, event_id: "e", warnings: [] } },
  transitionAnswer({ allowed: true, new_token: "token-2", phase: "NEXT", status: "active" }),
  { body: { next: [] } },
  taskAnswer({ status: "ready" }),
);
const client = new AgentClient({ url: "http://scripted", key: "k", agentId: "ada", fetch: server.fetch });
await client.claimTask();
const content = await client.readFile("a");
const { outcome, phase } = await client.requestTransition("NEXT");
await client[Symbol.asyncDispose]();
parentPort?.postMessage({
  missing: missing.filter((name) => !(name in globalThis)),
  outcome,
  phase,
  content,
  sent: server.requests.map(({ path }) => path),
});
