import type { JsonObject } from "@phasegate/wire";
import type { IdempotencyState, Ledger } from "../port.ts";
import type { SqlDatabase } from "./driver.ts";

/** Idempotency keys in the ledger's file. */
export class IdempotencyWriter {
  readonly #statements;

  constructor(database: SqlDatabase) {
    this.#statements = {
      get: database.prepare("select * from idempotency where scope = ? and key = ?"),
      begin: database.prepare(
        `insert or replace into idempotency (scope, key, body_digest, state, expires_at)
         values (?, ?, ?, 'running', ?)`,
      ),
      finish: database.prepare("update idempotency set state = 'finished', answer = ? where scope = ? and key = ?"),
      forget: database.prepare("delete from idempotency where scope = ? and key = ?"),
      expire: database.prepare("delete from idempotency where expires_at <= ?"),
      recover: database.prepare("update idempotency set state = 'unknown' where state = 'running'"),
    };
  }

  begin(record: Parameters<Ledger["beginIdempotent"]>[0]): IdempotencyState {
    const kept = this.#statements.get.get(record.scope, record.key);
    const past = record.now !== undefined && kept !== undefined && (kept["expires_at"] as number) <= record.now;
    if (kept === undefined || past) {
      this.#statements.begin.run(record.scope, record.key, record.bodyDigest, record.expiresAt);
      return { state: "begun" };
    }
    if (kept["body_digest"] !== record.bodyDigest) return { state: "other_body" };
    return kept["state"] === "finished"
      ? { state: "finished", answer: JSON.parse(kept["answer"] as string) as JsonObject }
      : { state: kept["state"] === "unknown" ? "unknown" : "running" };
  }

  finish({ scope, key, answer }: { scope: string; key: string; answer: JsonObject }): void {
    this.#statements.finish.run(JSON.stringify(answer), scope, key);
  }

  forget({ scope, key }: { scope: string; key: string }): void {
    this.#statements.forget.run(scope, key);
  }

  recover(now: number): void {
    this.#statements.expire.run(now);
    this.#statements.recover.run();
  }
}
