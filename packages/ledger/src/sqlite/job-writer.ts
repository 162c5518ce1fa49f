import type { JobId, JsonObject, TaskId } from "@phasegate/wire";
import type { Job, Ledger, NewJob } from "../port.ts";
import type { SqlDatabase } from "./driver.ts";

const takeDue = `
  with running as (
    select fairness_key, count(*) as jobs from job
    where owner is not null and leased_until > ?1
      and (?2 is null or kind in (select value from json_each(?2)))
    group by fairness_key
  ), due as (
    select job.*, coalesce(running.jobs, 0)
      + row_number() over (partition by job.fairness_key order by job.due_at, job.number) as turn
    from job left join running on running.fairness_key = job.fairness_key
    where job.due_at <= ?1 and (job.owner is null or job.leased_until <= ?1)
      and (?2 is null or job.kind in (select value from json_each(?2)))
  )
  select * from due where ?4 is null or turn <= ?4 order by turn, due_at, number limit ?3`;

/** Jobs in the ledger's file: asked for in the commit of their events, taken under a lease. */
export class JobWriter {
  readonly #statements;

  constructor(database: SqlDatabase) {
    this.#statements = {
      add: database.prepare(
        `insert into job (id, kind, task_id, fairness_key, due_at, body, attempts, leased_until)
         values (?, ?, ?, ?, ?, ?, 0, 0)`,
      ),
      due: database.prepare(takeDue),
      take: database.prepare("update job set owner = ?, leased_until = ?, attempts = attempts + 1 where number = ?"),
      renew: database.prepare("update job set leased_until = ? where id = ? and owner = ?"),
      finish: database.prepare("delete from job where id = ? and owner = ?"),
      postpone: database.prepare("update job set owner = null, due_at = ?, last_error = ? where id = ? and owner = ?"),
      cancel: database.prepare(
        "delete from job where task_id = ?1 and (?2 is null or kind in (select value from json_each(?2)))",
      ),
    };
  }

  add(job: NewJob): void {
    this.#statements.add.run(job.id, job.kind, job.taskId, job.fairnessKey, job.dueAt, JSON.stringify(job.body));
  }

  /** Due jobs so that fairness keys take turns, counting what runs already. */
  take({ owner, now, leaseMs, limit, kinds, maxPerKey }: Parameters<Ledger["takeJobs"]>[0]): Job[] {
    const asked = kinds === undefined ? null : JSON.stringify(kinds);
    const due = this.#statements.due.all(now, asked, limit, maxPerKey ?? null);
    return due.map((row) => {
      this.#statements.take.run(owner, now + leaseMs, row["number"] as number);
      return {
        id: row["id"] as JobId,
        kind: row["kind"] as string,
        taskId: row["task_id"] as TaskId | null,
        fairnessKey: row["fairness_key"] as string,
        dueAt: row["due_at"] as number,
        body: JSON.parse(row["body"] as string) as JsonObject,
        attempts: (row["attempts"] as number) + 1,
        lastError: row["last_error"] as string | null,
      };
    });
  }

  renew({ id, owner, leasedUntil }: Parameters<Ledger["renewJob"]>[0]): boolean {
    return this.#statements.renew.run(leasedUntil, id, owner) > 0;
  }

  finish({ id, owner }: { id: JobId; owner: string }): boolean {
    return this.#statements.finish.run(id, owner) > 0;
  }

  postpone({ id, owner, dueAt, error }: Parameters<Ledger["postponeJob"]>[0]): boolean {
    return this.#statements.postpone.run(dueAt, error, id, owner) > 0;
  }

  cancel({ taskId, kinds }: Parameters<Ledger["cancelJobs"]>[0]): number {
    return this.#statements.cancel.run(taskId, kinds === undefined ? null : JSON.stringify(kinds));
  }
}
