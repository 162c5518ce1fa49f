import type { Digest, JsonValue } from "@phasegate/wire";
import { canonicalJson, digestBytes } from "@phasegate/wire/core";
import { redactPayload } from "./redact-payload.ts";

/**
 * A body as the ledger will keep it, bounded and redacted, with the digest that events name it by. Made here only, so
 * that an append need not prove digest and body against each other again.
 */
export class KeptPayload {
  readonly digest: Digest;
  readonly body: JsonValue;
  /** The RFC 8785 form of `body`. */
  readonly text: string;

  private constructor(body: JsonValue) {
    this.body = body;
    this.text = canonicalJson(body);
    this.digest = digestBytes(this.text);
  }

  static of(value: unknown, options: { readonly maxBytes: number }): KeptPayload {
    return new KeptPayload(redactPayload(value, options));
  }
}
