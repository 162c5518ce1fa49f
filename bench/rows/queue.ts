import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { openSqliteLedger } from "@phasegate/ledger";
import type { Ledger } from "@phasegate/ledger";
import { digestBytes, taskStream } from "@phasegate/wire";
import type { EventId, PrincipalId, TaskId } from "@phasegate/wire";
import { Agent } from "../../test/harness/agent.ts";
import { Api } from "../../test/harness/api.ts";
import { startProduct } from "../setup.ts";
import type { BenchServer } from "../setup.ts";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import type { Effort } from "./http.ts";

const few = 100;
const claimsPerRound = 10;

/** Claim and complete with few and with many tasks waiting: cost must not grow with the queue. */
export async function measureQueue(effort: Effort): Promise<Row[]> {
  const small = await startProduct((data) => seed(data, few));
  const large = await startProduct((data) => seed(data, effort.queue));
  try {
    const smallAgent = await agentKey(small);
    const largeAgent = await agentKey(large);
    // The workflow of seeded tasks is only a stand-in for a queue; the claimed ones are made over HTTP, at the front.
    await claimAndComplete(small, smallAgent, 2);
    await claimAndComplete(large, largeAgent, 2);
    const rounds: { product: number; reference: number }[] = [];
    for (let round = 0; round < effort.rounds; round += 1) {
      const reference = await claimAndComplete(small, smallAgent, claimsPerRound);
      rounds.push({ product: await claimAndComplete(large, largeAgent, claimsPerRound), reference });
    }
    return [
      rowOf(
        {
          what: `claim + complete, ${effort.queue.toLocaleString("en-US")} waiting`,
          yardstick: `itself, ${few} waiting`,
          unit: "pairs/s",
          target: { kind: "least", ratio: 0.8 },
        },
        rounds,
      ),
    ];
  } finally {
    await Promise.all([small.stop(), large.stop()]);
  }
}

async function agentKey(server: BenchServer): Promise<Api> {
  const created = await server.api.post("/keys", { name: "bench-agent", kind: "agent", roles: ["agent"] });
  return new Api(server.api.url, String(created.body["key"]));
}

/** Pairs a second. Making the tasks is not counted. */
async function claimAndComplete(server: BenchServer, agentApi: Api, count: number): Promise<number> {
  for (let index = 0; index < count; index += 1) {
    await server.api.post("/tasks", { title: `Front ${index}`, priority: 9 });
  }
  const started = performance.now();
  for (let index = 0; index < count; index += 1) {
    const agent = await Agent.claim(agentApi, "bench-agent");
    const answer = await agent.transition("DONE");
    if (answer.body["allowed"] !== true) throw new Error(`not completed: ${JSON.stringify(answer.body)}`);
  }
  return count / ((performance.now() - started) / 1_000);
}

/** Writes waiting tasks straight into a new ledger: through HTTP it would take longer than all other rows. */
async function seed(dataDirectory: string, count: number): Promise<void> {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const ledger = await openSqliteLedger({ file: join(dataDirectory, "ledger.sqlite"), durability: "normal" });
  try {
    for (let from = 0; from < count; from += 1_000) {
      const length = Math.min(1_000, count - from);
      await Promise.all(Array.from({ length }, (_, index) => seedTask(ledger, from + index)));
    }
  } finally {
    await ledger.close();
  }
}

async function seedTask(ledger: Ledger, index: number): Promise<void> {
  const id = `task_seed${String(index).padStart(20, "0")}` as TaskId;
  await ledger.append({
    stream: taskStream(id),
    expectedVersion: 0,
    origin: { principal: "prn_seed" as PrincipalId, agentId: null, at: "2026-01-01T00:00:00.000Z" },
    events: [
      {
        id: `evt_seed${String(index).padStart(20, "0")}` as EventId,
        type: "task.created",
        data: {
          title: `Waiting ${index}`,
          description: null,
          priority: index % 9,
          capabilities: [],
          labels: [],
          dependencies: [],
          waiting: false,
          workflow: { name: "bench", digest: digestBytes("bench") },
          base: { ref: "main", commit: "0".repeat(40) },
          phase: "WORK",
          tree: digestBytes("tree"),
          ad_hoc: false,
        },
      },
    ],
  });
}
