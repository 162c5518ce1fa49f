import { Agent } from "../../test/harness/agent.ts";
import { Api } from "../../test/harness/api.ts";
import { startProduct } from "../setup.ts";
import type { BenchServer } from "../setup.ts";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import type { Effort } from "./http.ts";

/** What one agent lets loose, again and again, for as long as it lasts. */
const runaways = {
  "fork bomb": "bomb() { bomb | bomb & }; bomb; sleep 20",
  "processors taken": "for i in $(seq 16); do (while :; do :; done) & done; sleep 20",
  "output without end": "yes",
  "memory taken": `python3 -c '
held = []
while True: held.append(bytearray(64 * 1024 * 1024))'`,
} as const;

/** The p99 of another agent's calls while one agent's commands run away, against the same calls without them. */
export async function measureRunaways(effort: Effort): Promise<Row[]> {
  const product = await startProduct();
  try {
    const wild = await holder(product, "wild");
    const calm = await holder(product, "calm");
    await p99Ms(calm, 1);
    const rows: Row[] = [];
    for (const [name, command] of Object.entries(runaways)) {
      const rounds: { product: number; reference: number }[] = [];
      for (let round = 0; round < effort.rounds; round += 1) {
        const reference = await p99Ms(calm, effort.seconds);
        const stop = letLoose(wild, command, effort.seconds + 1);
        const beside = await p99Ms(calm, effort.seconds);
        await stop();
        rounds.push({ product: beside, reference });
      }
      rows.push(
        rowOf(
          {
            what: `another agent's calls, p99: ${name}`,
            yardstick: "without it",
            unit: "ms",
            target: { kind: "most", ratio: 2 },
          },
          rounds,
        ),
      );
    }
    return rows;
  } finally {
    await product.stop();
  }
}

async function holder(product: BenchServer, name: string): Promise<Agent> {
  const created = await product.api.post("/keys", { name, kind: "agent", roles: ["agent"] });
  await product.api.post("/tasks", { title: `Task of ${name}` });
  return await Agent.claim(new Api(product.api.url, String(created.body["key"])), name);
}

/** Runs the command over and over; the answer ends it and waits for the last one. */
function letLoose(agent: Agent, command: string, seconds: number): () => Promise<void> {
  const stopped = new AbortController();
  const running = (async () => {
    while (!stopped.signal.aborted) {
      const answer = await agent.bash(command, { timeout: seconds });
      const { code } = answer.body;
      if (answer.status !== 200 && code !== "tool_timeout" && code !== "limit_exceeded") {
        throw new Error(`the runaway was refused: ${JSON.stringify(answer.body)}`);
      }
    }
  })();
  return async () => {
    stopped.abort();
    await running;
  };
}

/** Reads and writes in turn, one after the other: what an agent does all day. */
async function p99Ms(agent: Agent, seconds: number): Promise<number> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1_000;
  for (let call = 0; performance.now() < end || call < 10; call += 1) {
    const startedAt = performance.now();
    const answer =
      call % 2 === 0
        ? await agent.execute("read_files", { path: "src/one-kilobyte.txt" })
        : await agent.execute("write_files", { path: "src/a.txt", content: String(call) });
    if (answer.status !== 200) throw new Error(`a call failed: ${JSON.stringify(answer.body)}`);
    times.push(performance.now() - startedAt);
  }
  times.sort((left, right) => left - right);
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN;
}
