import type { Agent } from "../../test/harness/agent.ts";
import { requestsPerSecond } from "../load.ts";
import type { LoadRequest } from "../load.ts";
import { startScript } from "../../test/harness/processes.ts";
import { holdTasks, startProduct } from "../setup.ts";
import type { BenchServer } from "../setup.ts";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import { join } from "node:path";

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  /** Waiting tasks in the large case of claim and complete. */
  readonly queue: number;
  /** Files of the workspace in the diff rows. */
  readonly files: number;
}

const connections = 32;
const jsonHeaders = { "content-type": "application/json" };

interface HttpCase {
  readonly what: string;
  readonly request: (
    agents: readonly Agent[],
    key: string,
    url: string,
  ) => Omit<LoadRequest, "connections" | "seconds">;
  readonly yardsticks: readonly { readonly path: "/y0" | "/y1"; readonly target: Row["target"] }[];
}

const call = (agent: Agent, tool: string, args: unknown): string =>
  JSON.stringify({ task_id: agent.taskId, phase_token: agent.token, tool_name: tool, args });

const cases: readonly HttpCase[] = [
  {
    what: "authorize",
    request: (agents, key, url) => ({
      url: `${url}/api/v1/tools/authorize`,
      method: "POST",
      headers: { ...jsonHeaders, authorization: `Bearer ${key}` },
      bodies: agents.map((agent) => call(agent, "write_files", { path: "src/a.txt", content: "x" })),
    }),
    yardsticks: [
      { path: "/y1", target: { kind: "least", ratio: 0.8 } },
      { path: "/y0", target: null },
    ],
  },
  {
    what: "execute read_files of 1 kB",
    request: (agents, key, url) => ({
      url: `${url}/api/v1/tools/execute`,
      method: "POST",
      headers: { ...jsonHeaders, authorization: `Bearer ${key}` },
      bodies: agents.map((agent) => call(agent, "read_files", { path: "src/one-kilobyte.txt" })),
    }),
    yardsticks: [{ path: "/y1", target: { kind: "least", ratio: 0.45 } }],
  },
  {
    what: "state/snapshot",
    request: (agents, key, url) => ({
      url: `${url}/api/v1/state/snapshot`,
      method: "GET",
      headers: { authorization: `Bearer ${key}` },
      bodies: [],
      headersByConnection: agents.map((agent) => ({ "phase-token": agent.token })),
    }),
    yardsticks: [{ path: "/y0", target: { kind: "least", ratio: 0.7 } }],
  },
];

/** Throughput over 32 connections, each answer durable, against bare routes that do the same input and output. */
export async function measureHttp(effort: Effort): Promise<Row[]> {
  const product = await startProduct();
  try {
    const { key, agents } = await holdTasks(product, connections);
    const rows: Row[] = [];
    for (const one of cases) rows.push(...(await measureCase(one, product, agents, key, effort)));
    return rows;
  } finally {
    await product.stop();
  }
}

async function measureCase(
  one: HttpCase,
  product: BenchServer,
  agents: readonly Agent[],
  key: string,
  effort: Effort,
): Promise<Row[]> {
  const request = { ...one.request(agents, key, product.api.url), connections };
  const sample = await sampleOf(request, product);
  const yardstick = await startScript(new URL("../yardstick.ts", import.meta.url), [
    join(product.directory, "yardstick.log"),
    String(sample.bytesAppended),
    sample.answer,
  ]);
  try {
    await requestsPerSecond({ ...request, seconds: 1 });
    const measured = new Map<string, { product: number; reference: number }[]>();
    for (let round = 0; round < effort.rounds; round += 1) {
      const ours = await requestsPerSecond({ ...request, seconds: effort.seconds });
      for (const { path } of one.yardsticks) {
        const reference = await requestsPerSecond({ ...request, url: yardstick.line + path, seconds: effort.seconds });
        measured.set(path, [...(measured.get(path) ?? []), { product: ours, reference }]);
      }
    }
    return one.yardsticks.map(({ path, target }) =>
      rowOf(
        {
          what: one.what,
          yardstick: path === "/y1" ? "Y1 route + fdatasync" : "Y0 bare route",
          unit: "calls/s",
          target,
        },
        measured.get(path) ?? [],
      ),
    );
  } finally {
    await yardstick.stop();
  }
}

/** One answer, and the bytes that its events and bodies take in the ledger's canonical form. */
async function sampleOf(
  request: Omit<LoadRequest, "seconds">,
  product: BenchServer,
): Promise<{ answer: string; bytesAppended: number }> {
  const body = request.bodies[0];
  const response = await fetch(request.url, {
    method: request.method,
    headers: { ...request.headers, ...request.headersByConnection?.[0] },
    ...(body === undefined ? {} : { body }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`the sample was refused: ${answer}`);
  const recent = await product.api.get("/events?limit=1000");
  const events = (recent.body["events"] ?? []) as unknown[];
  const last = JSON.stringify(events.at(-1) ?? {});
  return { answer, bytesAppended: Buffer.byteLength(last) };
}
