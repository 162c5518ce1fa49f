import { Answered } from "../../test/harness/answered.ts";
import { Api } from "../../test/harness/api.ts";
import { drive, Tally } from "./drive.ts";
import { findGrowth, growthOf, leastJudgedSeconds } from "./judge.ts";
import type { Growth, Sample, Watched } from "./judge.ts";
import { SoakedServer } from "./soaked-server.ts";
import { Subscribers } from "./subscribers.ts";
import { SoakWorker } from "./worker.ts";

export interface SoakOptions {
  readonly seconds: number;
  /** Share of the peak at which the soak runs. */
  readonly rate: number;
  /** Workers at each step of the ramp. */
  readonly ramp: readonly number[];
  readonly rampSeconds: number;
  readonly sampleSeconds: number;
  readonly random: () => number;
  readonly say: (text: string) => void;
}

export interface SoakReport {
  readonly peakCallsPerSecond: number;
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly answeredDecisions: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the part in which the server was warm. */
  readonly growth: Readonly<Record<Watched, Growth>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
  /** What must not be; empty when the soak passed. */
  readonly broken: readonly string[];
}

/** Finds the peak by a short ramp, then loads a server of its own at a share of it, and says what broke. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const server = await SoakedServer.start();
  const answered = new Answered();
  const complaints = new Map<string, string>();
  const complain = (text: string): void => {
    const kind = text.split(":")[0] ?? text;
    if (!complaints.has(kind)) options.say(`  ${text}`);
    complaints.set(kind, text);
  };
  const broken: string[] = [];
  let ended = false;
  try {
    const count = Math.max(...options.ramp);
    const workers = await makeWorkers(server.operator, count, answered);
    const peak = await findPeak(workers, options, complain);
    const callsPerSecond = peak * options.rate;
    options.say(`peak ${peak.toFixed(0)} calls a second; now ${callsPerSecond.toFixed(0)} for ${options.seconds} s`);

    const subscribers = new Subscribers(server.url, server.operator.key ?? "", await lastPosition(server.operator));
    const all = new Tally();
    const samples = await soakAndSample(server, workers, { ...options, callsPerSecond, complain, all });
    broken.push(...(await subscribers.end(await lastPosition(server.operator, subscribers.position))));
    broken.push(...(await answered.lost(server.operator)), ...(await answered.open(server.operator)));
    for (const [call, times] of Object.entries(all.failures)) {
      if (/ (0|5\d\d)$/.test(call)) broken.push(`${times} times: ${call}: ${complaints.get(call) ?? ""}`);
    }
    if (options.seconds >= leastJudgedSeconds) broken.push(...findGrowth(samples));
    ended = true;
    const unsound = await server.end();
    if (unsound !== null) broken.push(unsound);
    return {
      peakCallsPerSecond: peak,
      callsPerSecond,
      calls: all.calls,
      answeredDecisions: answered.count,
      p50Ms: all.percentileMs(0.5),
      p99Ms: all.percentileMs(0.99),
      growth: {
        heapUsedBytes: growthOf(samples, "heapUsedBytes"),
        threadsBytes: growthOf(samples, "threadsBytes"),
        rssBytes: growthOf(samples, "rssBytes"),
        descriptors: growthOf(samples, "descriptors"),
        handles: growthOf(samples, "handles"),
      },
      failures: all.failures,
      samples,
      broken,
    };
  } finally {
    if (!ended) await server.end();
  }
}

async function makeWorkers(operator: Api, count: number, answered: Answered): Promise<SoakWorker[]> {
  const key = async (name: string, kind: string, role: string): Promise<Api> => {
    const { status, body } = await operator.post("/keys", { name, kind, roles: [role] });
    if (status !== 201) throw new Error(`no key was made: ${JSON.stringify(body)}`);
    return new Api(operator.url, String(body["key"]));
  };
  const approver = await key("grace", "person", "approver");
  const workers: SoakWorker[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `agent-${index}`;
    workers.push(new SoakWorker({ operator, approver, api: await key(name, "agent", "agent"), name, answered }));
  }
  return workers;
}

/** The most calls a second of any step. Each step has more workers, each with one call at a time. */
async function findPeak(
  workers: readonly SoakWorker[],
  { ramp, rampSeconds, random, say }: SoakOptions,
  complain: (text: string) => void,
): Promise<number> {
  let peak = 0;
  for (const count of ramp) {
    const tally = new Tally();
    const startedAt = performance.now();
    await drive({
      workers: workers.slice(0, count),
      seconds: rampSeconds,
      callsPerSecond: null,
      random,
      tally: () => tally,
      complain,
    });
    const perSecond = tally.calls / ((performance.now() - startedAt) / 1_000);
    say(
      `ramp: ${count} workers, ${perSecond.toFixed(0)} calls a second, p99 ${tally.percentileMs(0.99).toFixed(1)} ms`,
    );
    peak = Math.max(peak, perSecond);
  }
  return peak;
}

async function soakAndSample(
  server: SoakedServer,
  workers: readonly SoakWorker[],
  options: SoakOptions & { readonly callsPerSecond: number; complain: (text: string) => void; readonly all: Tally },
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  let stretch = { tally: new Tally(), at: startedAt };
  const sample = async (): Promise<void> => {
    const now = performance.now();
    const { tally, at } = stretch;
    stretch = { tally: new Tally(), at: now };
    const { threads, ...figures } = await server.figures();
    samples.push({
      atSeconds: (now - startedAt) / 1_000,
      ...figures,
      threadsBytes: threads.reduce((sum, { heapUsedBytes, externalBytes }) => sum + heapUsedBytes + externalBytes, 0),
      ledgerBytes: server.ledgerBytes(),
      callsPerSecond: tally.calls / ((now - at) / 1_000),
      p50Ms: tally.percentileMs(0.5),
      p99Ms: tally.percentileMs(0.99),
    });
  };
  let sampling = Promise.resolve();
  const timer = setInterval(() => {
    sampling = sampling.then(sample);
  }, options.sampleSeconds * 1_000);
  try {
    await drive({ ...options, workers, tally: () => new Both(options.all, stretch.tally) });
  } finally {
    clearInterval(timer);
    await sampling;
  }
  return samples;
}

/** Notes a call in two tallies. */
class Both extends Tally {
  readonly #tallies: readonly Tally[];

  constructor(...tallies: readonly Tally[]) {
    super();
    this.#tallies = tallies;
  }

  override note(name: string, status: number, latencyMs: number): void {
    for (const tally of this.#tallies) tally.note(name, status, latencyMs);
  }
}

async function lastPosition(operator: Api, from = 0): Promise<number> {
  let after: unknown = from;
  let last = from;
  do {
    const { body } = await operator.get(`/events?limit=1000&after=${String(after)}`);
    last = (body["events"] as { readonly position: number }[]).at(-1)?.position ?? last;
    after = body["next_after"];
  } while (after !== null);
  return last;
}
