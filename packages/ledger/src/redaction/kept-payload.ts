import type { Digest, JsonValue } from "@phasegate/wire";
import { canonicalJson, digestBytes } from "@phasegate/wire/core";
import { redactPayload } from "./redact-payload.ts";

/**
 * A body as the ledger will keep it, bounded and redacted, with the digest that events name it by. Made here only, so
 * that an append need not prove digest and body against each other again.
 */
export class KeptPayload {
  readonly digest: Digest;
  /** The RFC 8785 form of `body`. */
  readonly text: string;
  #body: JsonValue | undefined;

  private constructor(text: string, body?: JsonValue) {
    this.text = text;
    this.digest = digestBytes(text);
    this.#body = body;
  }

  get body(): JsonValue {
    return (this.#body ??= JSON.parse(this.text) as JsonValue);
  }

  static of(value: unknown, options: { readonly maxBytes: number }): KeptPayload {
    const body = redactPayload(value, options);
    return new KeptPayload(canonicalJson(body), body);
  }

  /** Of a body that was bounded and redacted before, in another thread: its RFC 8785 form. */
  static ofText(text: string): KeptPayload {
    return new KeptPayload(text);
  }
}
