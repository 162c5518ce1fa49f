import { setTimeout as delay } from "node:timers/promises";
import type { SoakWorker } from "./worker.ts";

/** What came back over one stretch of load. */
export class Tally {
  calls = 0;
  readonly #latenciesMs: number[] = [];
  readonly #statuses = new Map<string, number>();

  note(name: string, status: number, latencyMs: number): void {
    this.calls += 1;
    // Claims and transitions make workspaces, run tests and wait for people: they are counted, not timed.
    if (!/claim|transition|complete|bash/.test(name)) this.#latenciesMs.push(latencyMs);
    if (status >= 200 && status < 300) return;
    const key = `${name} ${status}`;
    this.#statuses.set(key, (this.#statuses.get(key) ?? 0) + 1);
  }

  /** Answers other than 2xx, by call and status; 0 is an answer that never came. */
  get failures(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#statuses);
  }

  percentileMs(share: number): number {
    const sorted = this.#latenciesMs.toSorted((left, right) => left - right);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }
}

export interface Drive {
  readonly workers: readonly SoakWorker[];
  readonly seconds: number;
  /** Calls a second to begin, whatever the server takes; null: as many as come back. */
  readonly callsPerSecond: number | null;
  readonly random: () => number;
  readonly tally: () => Tally;
  /** Said once for each kind of answer that is none of 2xx. */
  readonly complain: (text: string) => void;
}

/**
 * Lets the workers work for so long, and waits for the last answers. At a rate, a call's latency counts from the moment
 * at which it was due, so that a server that stands still cannot hide it.
 */
export async function drive(options: Drive): Promise<void> {
  const startedAt = performance.now();
  const endsAt = startedAt + options.seconds * 1_000;
  let begun = 0;
  const dueNow = async (): Promise<number | null> => {
    const now = performance.now();
    if (options.callsPerSecond === null) return now < endsAt ? now : null;
    const due = startedAt + (begun / options.callsPerSecond) * 1_000;
    begun += 1;
    if (due >= endsAt) return null;
    if (due > now) await delay(due - now);
    return due;
  };
  const work = async (worker: SoakWorker): Promise<void> => {
    for (let due = await dueNow(); due !== null; due = await dueNow()) {
      const { name, status, said } = await oneCall(worker, options.random());
      options.tally().note(name, status, performance.now() - due);
      if (said !== null) options.complain(`${name} ${status}: ${said}`);
    }
  };
  await Promise.all(options.workers.map(work));
}

async function oneCall(worker: SoakWorker, choice: number) {
  try {
    const { name, answer } = await worker.next(choice);
    const said = answer.status >= 200 && answer.status < 300 ? null : JSON.stringify(answer.body).slice(0, 400);
    return { name, status: answer.status, said };
  } catch (error) {
    return { name: "connection", status: 0, said: String((error as Error).cause ?? error) };
  }
}
