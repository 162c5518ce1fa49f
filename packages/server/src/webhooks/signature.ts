import { createHmac } from "node:crypto";

const prefix = "whsec_";
const leastBytes = 24;

/** The bytes of a secret: base64 after `whsec_`, any other text as it stands. Null when they are too few. */
export function readSecret(text: string): Buffer | null {
  const bytes = text.startsWith(prefix) ? fromBase64(text.slice(prefix.length)) : Buffer.from(text, "utf8");
  return bytes !== null && bytes.length >= leastBytes ? bytes : null;
}

export interface SignedMessage {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers of a message by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over
 * `id.timestamp.body`. Without a secret there is no signature.
 */
export function webhookHeaders({ id, timestamp, body }: SignedMessage, secret: Buffer | null): Record<string, string> {
  const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp) };
  if (!secret) return headers;
  const mac = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${mac}` };
}

function fromBase64(text: string): Buffer | null {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : null;
}
