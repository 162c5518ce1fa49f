import type { Digest } from "@phasegate/wire";
import { canonicalJson, digestBytes, PhasegateError } from "@phasegate/wire/core";
import type { AppendBatch } from "./port.ts";
import { KeptPayload } from "./redaction/kept-payload.ts";

const streamName = /^(?:system|(?:task|workflow|principal)\/[^\s/]{1,200})$/;

/** A body in its canonical form, beside its digest. */
export interface CanonicalPayload {
  readonly digest: Digest;
  readonly body: string;
}

/** Throws `internal_error` on a batch that no caller may make; what is left to judge is versions. */
export function checkBatch(batch: AppendBatch): void {
  if (!streamName.test(batch.stream)) throw misuse(`\`${batch.stream}\` is no stream name`);
  if (batch.events.length === 0) throw misuse("a batch needs at least one event");
  if (!Number.isSafeInteger(batch.expectedVersion) || batch.expectedVersion < 0) {
    throw misuse("the expected version must be a whole number from 0");
  }
}

/** The payloads of a batch, each proven to be what its digest says. */
export function canonicalPayloads(batch: AppendBatch): CanonicalPayload[] {
  return (batch.payloads ?? []).map((payload) => {
    const { digest, body } = payload;
    if (payload instanceof KeptPayload) return { digest, body: payload.text };
    const text = canonicalJson(body);
    if (digestBytes(text) !== digest) throw misuse(`the body under \`${digest}\` has another digest`);
    return { digest, body: text };
  });
}

export function misuse(message: string, options?: ErrorOptions): PhasegateError {
  return new PhasegateError("internal_error", message, {}, options);
}

/** What every call answers once `close` was called. */
export function closedError(): PhasegateError {
  return new PhasegateError("shutting_down", "the ledger is closed", { hint: "start the server again" });
}
