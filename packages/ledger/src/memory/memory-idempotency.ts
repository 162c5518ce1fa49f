import type { JsonObject } from "@phasegate/wire";
import type { IdempotencyState, Ledger } from "../port.ts";

interface KeptKey {
  readonly bodyDigest: string;
  readonly expiresAt: number;
  state: "running" | "unknown" | "finished";
  answer: JsonObject | null;
}

/** Idempotency keys by scope. */
export class MemoryIdempotency {
  readonly #keys = new Map<string, KeptKey>();

  begin(record: Parameters<Ledger["beginIdempotent"]>[0]): IdempotencyState {
    const name = nameOf(record);
    const kept = this.#keys.get(name);
    if (kept === undefined || (record.now !== undefined && kept.expiresAt <= record.now)) {
      this.#keys.set(name, {
        bodyDigest: record.bodyDigest,
        expiresAt: record.expiresAt,
        state: "running",
        answer: null,
      });
      return { state: "begun" };
    }
    if (kept.bodyDigest !== record.bodyDigest) return { state: "other_body" };
    return kept.answer === null
      ? { state: kept.state === "unknown" ? "unknown" : "running" }
      : { state: "finished", answer: structuredClone(kept.answer) };
  }

  finish(record: { scope: string; key: string; answer: JsonObject }): void {
    const kept = this.#keys.get(nameOf(record));
    if (kept === undefined) return;
    kept.state = "finished";
    kept.answer = structuredClone(record.answer);
  }

  forget(record: { scope: string; key: string }): void {
    this.#keys.delete(nameOf(record));
  }

  recover(now: number): void {
    for (const [name, kept] of this.#keys) {
      if (kept.expiresAt <= now) this.#keys.delete(name);
      else if (kept.state === "running") kept.state = "unknown";
    }
  }
}

function nameOf({ scope, key }: { scope: string; key: string }): string {
  return JSON.stringify([scope, key]);
}
