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

interface Wild {
  readonly agent: Agent;
  readonly command: string;
}

/** Of `effort.seconds`: a hundredth of the calls must be dozens, and the start of a runaway less than a hundredth. */
const windowsEachSide = 2;

/** The p99 of another agent's calls while commands of others run away, against the same calls without them. */
export async function measureRunaways(effort: Effort): Promise<Row[]> {
  const product = await startProduct();
  try {
    const cases = new Map<string, readonly Wild[]>();
    for (const [name, command] of Object.entries(runaways)) {
      cases.set(name, [{ agent: await holder(product, `wild-${String(cases.size)}`), command }]);
    }
    cases.set("all of these, by four agents", [...cases.values()].flat());
    const calm = await holder(product, "calm");
    await p99Ms(calm, 1);
    const rows: Row[] = [];
    for (const [name, wild] of cases) {
      const rounds: Round[] = [];
      for (let round = 0; round < effort.rounds; round += 1) {
        const isFirst = round % 2 === 1;
        rounds.push(await measureRound({ calm, wild, isFirst, seconds: effort.seconds * windowsEachSide }));
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

interface Round {
  readonly product: number;
  readonly reference: number;
}

interface RoundParts {
  readonly calm: Agent;
  readonly wild: readonly Wild[];
  /** The runaways come before the calls without them: rounds take turns, so that what drifts is on both sides. */
  readonly isFirst: boolean;
  readonly seconds: number;
}

async function measureRound({ calm, wild, isFirst, seconds }: RoundParts): Promise<Round> {
  const before = isFirst ? null : await p99Ms(calm, seconds);
  const stops = wild.map(({ agent, command }) => letLoose(agent, command, seconds + 1));
  const product = await p99Ms(calm, seconds);
  await Promise.all(stops.map((stop) => stop()));
  return { product, reference: before ?? (await p99Ms(calm, seconds)) };
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
