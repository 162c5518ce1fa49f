import { type JsonObject, PhasegateError } from "@phasegate/wire";
import { webhookHeaders } from "./signature.ts";

export interface WebhookMessage {
  /** The receiver tells repetitions by it: every sending of one message carries the same. */
  readonly id: string;
  /** A CloudEvent in structured mode. */
  readonly event: JsonObject;
}

export interface WebhookTarget {
  readonly url: string;
  readonly secret: Buffer | null;
  readonly timeoutMs: number;
}

export interface SendWebhookOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** The receiver did not take the message. Says nothing of its address, body or answer: they may hold secrets. */
export class WebhookRefusal extends Error {
  override readonly name = "WebhookRefusal";
  /** Null: no answer came. */
  readonly status: number | null;
  /** As the receiver asked with `Retry-After`; bounded. */
  readonly retryAfterMs: number | null;

  constructor(message: string, about: { status: number | null; retryAfterMs: number | null; cause?: unknown }) {
    super(message, about.cause === undefined ? {} : { cause: about.cause });
    this.status = about.status;
    this.retryAfterMs = about.retryAfterMs;
  }

  /** 410: the receiver wants no more. */
  get isGone(): boolean {
    return this.status === 410;
  }
}

const longestRetryAfterMs = 3_600_000;

/**
 * Sends one message once. Resolves on an answer of 2xx and throws WebhookRefusal on anything else: a redirect is not
 * followed, nothing of the answer's body is read, and the time is limited.
 */
export async function sendWebhook(
  target: WebhookTarget,
  message: WebhookMessage,
  { now, signal }: SendWebhookOptions,
): Promise<void> {
  const body = JSON.stringify(message.event);
  const timestamp = Math.floor(now / 1_000);
  let response: Response;
  try {
    response = await fetch(target.url, {
      method: "POST",
      headers: {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "phasegate",
        ...webhookHeaders({ id: message.id, timestamp, body }, target.secret),
      },
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(target.timeoutMs)]),
    });
  } catch (error) {
    if (signal.aborted) throw new PhasegateError("shutting_down", "the server is shutting down", {}, { cause: error });
    throw new WebhookRefusal(`no answer: ${reasonOf(error)}`, { status: null, retryAfterMs: null, cause: error });
  }
  const { status } = response;
  const retryAfterMs = askedMs(response.headers.get("retry-after"), now);
  await response.body?.cancel();
  if (response.ok) return;
  const redirected = status >= 300 && status < 400;
  throw new WebhookRefusal(redirected ? `status ${status}: redirects are not followed` : `status ${status}`, {
    status,
    retryAfterMs,
  });
}

function askedMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(longestRetryAfterMs, Math.max(0, ms)) : null;
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return "too slow";
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "connection lost";
}
