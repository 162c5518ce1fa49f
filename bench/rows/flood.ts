import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "../../test/harness/agent.ts";
import { Api } from "../../test/harness/api.ts";
import { startScript } from "../../test/harness/processes.ts";
import type { LoadRequest } from "../load.ts";
import { holdTasks, startProduct, type BenchServer } from "../setup.ts";
import { median, rowOf, type Row } from "../table.ts";
import type { Effort } from "./http.ts";

type Flood = Omit<LoadRequest, "seconds">;

/** Events in the ledger before the first flood: what a list of a thousand has to read. */
const eventsBefore = 1_500;

/** The time of another agent's calls while one client floods the server with cheap ones, against the same without. */
export async function measureFloods(effort: Effort): Promise<Row[]> {
  const product = await startProduct();
  try {
    const wild = await holder(product, "wild");
    const crew = await holdTasks(product, 8);
    const calm = await holder(product, "calm");
    for (let call = 0; call < Math.min(eventsBefore, effort.queue); call += 1) await readFile(wild);
    await callTimes(calm, 1);
    const rows: Row[] = [];
    for (const [name, flood] of Object.entries(floodsOf(product.api.url, wild, crew))) {
      const rounds: { readonly during: Times; readonly without: Times }[] = [];
      for (let round = 0; round < effort.rounds; round += 1)
        rounds.push(await measureRound(product, calm, flood, effort.seconds));
      const row = (figure: keyof Times): Row =>
        rowOf(
          {
            what: `one client's flood of calls, another's ${figure}: ${name}`,
            yardstick: "without it",
            unit: "ms",
            target: { kind: "most", ratio: 2 },
          },
          rounds.map(({ during, without }) => ({ product: during[figure], reference: without[figure] })),
        );
      rows.push(row("p50"), row("p99"));
    }
    return rows;
  } finally {
    await product.stop();
  }
}

function floodsOf(url: string, { agent, key }: Holder, crew: Crew): Record<string, Flood> {
  const json = { "content-type": "application/json" };
  const withKey = { headers: { ...json, authorization: `Bearer ${key}` }, bodies: [] };
  const get = (path: string): Flood => ({ ...withKey, url: `${url}${path}`, method: "GET", connections: 4 });
  const read = { tool_name: "read_files", args: { path: "src/one-kilobyte.txt" } };
  const write = (path: string, content: string) => ({ tool_name: "write_files", args: { path, content } });
  const bodyOf = (caller: Agent, tool: object): string =>
    JSON.stringify({ task_id: caller.taskId, phase_token: caller.token, ...tool });
  const calls = (tool: object, connections: number): Flood => ({
    ...withKey,
    url: `${url}/api/v1/tools/execute`,
    method: "POST",
    bodies: [bodyOf(agent, tool)],
    connections,
  });
  const callsOfCrew = (tool: object): Flood => ({
    ...calls(tool, crew.agents.length),
    headers: { ...json, authorization: `Bearer ${crew.key}` },
    bodies: crew.agents.map((one) => bodyOf(one, tool)),
  });
  return {
    "4 connections without a key, /metrics": { ...get("/metrics"), headers: {} },
    "4 connections, audit/query of 1,000": get("/api/v1/audit/query?limit=1000"),
    "4 connections, events of 1,000": get("/api/v1/events?after=0&limit=1000"),
    "8 connections, read_files": calls(read, 8),
    "8 agents of one key, commands": callsOfCrew({ tool_name: "bash", args: { command: "true" } }),
    "8 agents of one key, writes of 1 kB": callsOfCrew(write("src/a.txt", "a".repeat(1_000))),
    "64 connections with a key, refused": { ...get("/api/v1/nothing"), connections: 64 },
    "64 connections without a key, refused": { ...get("/api/v1/tasks"), headers: {}, connections: 64 },
    "2 connections, denied writes of 3 MB": calls(write("docs/a.txt", 'let a = "1";\n'.repeat(240_000)), 2),
    "2 connections, writes of 3 MB": calls(write("src/a.txt", 'let a = "1";\n'.repeat(240_000)), 2),
    "2 connections without a key, 9 MB": {
      ...calls(write("src/a.txt", "a".repeat(9_000_000)), 2),
      headers: json,
    },
  };
}

async function measureRound(
  { directory }: BenchServer,
  calm: Holder,
  flood: Flood,
  seconds: number,
): Promise<{ during: Times; without: Times }> {
  const without = await callTimes(calm, seconds);
  const file = join(directory, "flood.json");
  writeFileSync(file, JSON.stringify(flood));
  const flooding = await startScript(new URL("../flood.ts", import.meta.url), [file]);
  try {
    return { during: await callTimes(calm, seconds), without };
  } finally {
    await flooding.stop();
  }
}

interface Holder {
  readonly agent: Agent;
  readonly key: string;
}

async function holder(product: BenchServer, name: string): Promise<Holder> {
  const created = await product.api.post("/keys", { name, kind: "agent", roles: ["agent"] });
  const key = String(created.body["key"]);
  await product.api.post("/tasks", { title: `Task of ${name}` });
  return { agent: await Agent.claim(new Api(product.api.url, key), name), key };
}

async function readFile({ agent }: Holder): Promise<void> {
  const answer = await agent.execute("read_files", { path: "src/one-kilobyte.txt" });
  if (answer.status !== 200) throw new Error(`a call failed: ${JSON.stringify(answer.body)}`);
}

/** Agents under one key, with a task each. */
interface Crew {
  readonly agents: readonly Agent[];
  readonly key: string;
}

interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** One call after the other: what an agent does all day. */
async function callTimes(calm: Holder, seconds: number): Promise<Times> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end || times.length < 10) {
    const startedAt = performance.now();
    await readFile(calm);
    times.push(performance.now() - startedAt);
  }
  times.sort((left, right) => left - right);
  return { p50: median(times), p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}
