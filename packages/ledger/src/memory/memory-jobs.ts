import type { Job, Ledger, NewJob } from "../port.ts";

interface HeldJob {
  readonly job: NewJob;
  dueAt: number;
  attempts: number;
  lastError: string | null;
  owner: string | null;
  leasedUntil: number;
}

type TakeOptions = Parameters<Ledger["takeJobs"]>[0];

/** Jobs in the order in which they were asked for. */
export class MemoryJobs {
  readonly #jobs = new Map<string, HeldJob>();

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  countByKind(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { job } of this.#jobs.values()) counts[job.kind] = (counts[job.kind] ?? 0) + 1;
    return counts;
  }

  add(job: NewJob): void {
    this.#jobs.set(job.id, {
      job: structuredClone(job),
      dueAt: job.dueAt,
      attempts: 0,
      lastError: null,
      owner: null,
      leasedUntil: 0,
    });
  }

  /** Due jobs so that fairness keys take turns, counting what runs already. */
  take({ owner, now, leaseMs, limit, kinds, maxPerKey = Infinity }: TakeOptions): Job[] {
    const isAsked = (job: NewJob): boolean => kinds === undefined || kinds.includes(job.kind);
    const turns = new Map<string, number>();
    for (const { job, owner, leasedUntil } of this.#jobs.values()) {
      const runs = owner !== null && leasedUntil > now && isAsked(job);
      if (runs) turns.set(job.fairnessKey, (turns.get(job.fairnessKey) ?? 0) + 1);
    }
    const due = [...this.#jobs.values()]
      .filter((held) => held.dueAt <= now && (held.owner === null || held.leasedUntil <= now))
      .filter((held) => isAsked(held.job))
      .sort((left, right) => left.dueAt - right.dueAt)
      .map((held) => {
        const turn = turns.get(held.job.fairnessKey) ?? 0;
        turns.set(held.job.fairnessKey, turn + 1);
        return { held, turn };
      })
      .filter(({ turn }) => turn < maxPerKey)
      .sort((left, right) => left.turn - right.turn || left.held.dueAt - right.held.dueAt)
      .slice(0, limit);
    return due.map(({ held }) => {
      held.owner = owner;
      held.leasedUntil = now + leaseMs;
      held.attempts += 1;
      return { ...structuredClone(held.job), dueAt: held.dueAt, attempts: held.attempts, lastError: held.lastError };
    });
  }

  renew({ id, owner, leasedUntil }: { id: string; owner: string; leasedUntil: number }): boolean {
    const held = this.#jobs.get(id);
    if (held?.owner !== owner) return false;
    held.leasedUntil = leasedUntil;
    return true;
  }

  finish({ id, owner }: { id: string; owner: string }): boolean {
    return this.#jobs.get(id)?.owner === owner && this.#jobs.delete(id);
  }

  postpone({ id, owner, dueAt, error }: { id: string; owner: string; dueAt: number; error: string }): boolean {
    const held = this.#jobs.get(id);
    if (held === undefined || held.owner !== owner) return false;
    held.owner = null;
    held.dueAt = dueAt;
    held.lastError = error;
    return true;
  }

  cancel({ taskId, kinds }: Parameters<Ledger["cancelJobs"]>[0]): number {
    const ids = [...this.#jobs.values()]
      .filter(({ job }) => job.taskId === taskId && (kinds === undefined || kinds.includes(job.kind)))
      .map(({ job }) => job.id);
    for (const id of ids) this.#jobs.delete(id);
    return ids.length;
  }
}
