import {
  type CircuitBreaker,
  CircuitBreakerOpenError,
  RetryHandler,
  RetryPolicy,
  type RetryVerdict,
} from "@phasegate/resilience";
import type { ProblemDocument } from "@phasegate/wire";
import {
  errorFromProblem,
  type PhasegateApiError,
  PhasegateConnectionError,
  PhasegateProtocolError,
  PhasegateUsageError,
} from "../errors.ts";
import type { ClientListener } from "../events.ts";
import type { TraceHeaders } from "./trace-headers.ts";
import { type ClientRetry, passes } from "./client-retry.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Overrides the time limit of one sending; null: none but the platform's. */
  readonly timeoutMs?: number | null;
  /** Sent once, whatever the circuit's state: a sign of life. */
  readonly signOfLife?: boolean;
}

export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface HttpTransportOptions {
  readonly url: string;
  readonly key: string | null;
  readonly fetch: typeof globalThis.fetch;
  readonly retry: ClientRetry;
  /** Null: calls are made however often the server failed. */
  readonly circuitBreaker: CircuitBreaker | null;
  readonly requestTimeoutMs: number;
  readonly random: () => number;
  readonly onEvent: ClientListener;
  /** Asked once a request. */
  readonly traceHeaders?: () => TraceHeaders;
}

/** Why a sending gave no answer that can be kept. */
interface Failure {
  readonly error: PhasegateApiError | PhasegateConnectionError | PhasegateProtocolError;
  /** `running`: the first sending of this request has not been answered yet. */
  readonly kind: "final" | "passing" | "running";
  readonly retryAfterMs: number | null;
}

const sentOnce = new RetryPolicy({ maxAttempts: 1 });

/**
 * Sends requests until one is answered. Repeats only where no answer came, and on 503 and 429; every mutation carries
 * one idempotency key through all its sendings, so the server runs it once. A denial is never repeated. A server that
 * failed one call after the other is left alone for a while.
 */
export class HttpTransport {
  readonly #options: HttpTransportOptions;
  readonly #base: string;
  readonly #policy: RetryPolicy;
  readonly #closing = new AbortController();

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    const { maxAttempts, initialDelayMs, maxDelayMs, exponentialBase, jitter } = options.retry;
    this.#policy = new RetryPolicy({ maxAttempts, initialDelayMs, maxDelayMs, exponentialBase, jitter });
    this.#base = `${options.url.replace(/\/+$/, "")}/api/v1`;
  }

  /** Ends what is under way and refuses what comes. */
  close(): void {
    this.#closing.abort(new PhasegateUsageError("the client was closed"));
  }

  /** Fires when the client is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  async send<Body>(request: ApiRequest): Promise<ApiAnswer<Body>> {
    const breaker = request.signOfLife ? null : this.#options.circuitBreaker;
    if (!breaker) return this.#repeat<Body>(request);
    try {
      return await breaker.call(() => this.#repeat<Body>(request));
    } catch (error) {
      if (!(error instanceof CircuitBreakerOpenError)) throw error;
      const { message, retryAfterMs, cause } = error;
      const options = { breaker: breaker.name, retryAfterMs, cause, mayDegrade: isRead(request) };
      throw new CircuitBreakerOpenError(message, options);
    }
  }

  async #repeat<Body>(request: ApiRequest): Promise<ApiAnswer<Body>> {
    const { retry, random, onEvent } = this.#options;
    const headers = this.#headers(request);
    const stop = anySignal([this.#closing.signal, request.signal]);
    let failure: Failure | null = null;
    let runningMs = 0;
    const judge = (): RetryVerdict => {
      if (!failure || failure.kind === "final") return { retry: false };
      const atLeastMs = failure.retryAfterMs ?? 0;
      const patient = atLeastMs <= retry.maxRetryAfterMs && runningMs <= retry.maxRunningMs;
      return { retry: patient, counts: failure.kind !== "running", atLeastMs };
    };
    const handler = new RetryHandler(request.signOfLife ? sentOnce : this.#policy, {
      judge,
      random,
      onRetry: ({ attempt, delayMs, error }) => {
        if (failure?.kind === "running") runningMs += delayMs;
        onEvent({ type: "retry", method: request.method, path: request.path, attempt, delayMs, error });
      },
    });
    return handler.execute(async () => {
      const result = await this.#attempt<Body>(request, headers, stop);
      if ("answer" in result) return result.answer;
      failure = result.failure;
      if (!isRead(request)) failure.error.mayDegrade = false;
      throw failure.error;
    }, stop);
  }

  #headers(request: ApiRequest): Record<string, string> {
    const headers: Record<string, string> = {
      Accept: "application/json",
      ...this.#options.traceHeaders?.(),
      ...request.headers,
    };
    if (this.#options.key !== null) headers["Authorization"] = `Bearer ${this.#options.key}`;
    if (request.body !== undefined) headers["Content-Type"] = "application/json";
    if (request.method !== "GET") headers["Idempotency-Key"] = crypto.randomUUID();
    return headers;
  }

  async #attempt<Body>(
    request: ApiRequest,
    headers: Record<string, string>,
    stop: AbortSignal,
  ): Promise<{ answer: ApiAnswer<Body> } | { failure: Failure }> {
    stop.throwIfAborted();
    const timeoutMs = request.timeoutMs === undefined ? this.#options.requestTimeoutMs : request.timeoutMs;
    const late = timeoutMs === null ? undefined : AbortSignal.timeout(timeoutMs);
    const init: RequestInit = { method: request.method, headers, redirect: "manual", signal: anySignal([stop, late]) };
    if (request.body !== undefined) init.body = JSON.stringify(request.body);
    let response: Response;
    let text: string;
    try {
      response = await this.#options.fetch(this.#base + request.path, init);
      text = await response.text();
    } catch (error) {
      stop.throwIfAborted();
      return { failure: this.#noAnswer(error) };
    }
    const body = parseJson(text);
    if (response.ok && body !== undefined) return { answer: { status: response.status, body: body as Body } };
    return { failure: this.#refusal(response, body) };
  }

  #noAnswer(cause: unknown): Failure {
    const error = new PhasegateConnectionError(`no answer from \`${this.#base}\`: ${causeText(cause)}`, { cause });
    return { error, kind: "passing", retryAfterMs: null };
  }

  #refusal(response: Response, body: unknown): Failure {
    const retryAfterMs = retryAfter(response.headers.get("retry-after"), body);
    if (isProblem(body)) {
      const error = errorFromProblem(body);
      if (body.code === "idempotency_in_progress") return { error, kind: "running", retryAfterMs };
      return { error, kind: passes(body) ? "passing" : "final", retryAfterMs };
    }
    // Something between here and the server answered in its place.
    if ([502, 503, 504].includes(response.status)) {
      const error = new PhasegateConnectionError(`no server behind \`${this.#base}\`: status ${response.status}`);
      return { error, kind: "passing", retryAfterMs };
    }
    const error = new PhasegateProtocolError(
      `what answers at \`${this.#base}\` is not a Phasegate server: status ${response.status}`,
    );
    return { error, kind: "final", retryAfterMs: null };
  }
}

/** Reads may be answered from what was read before; any other call asks for a decision. */
function isRead(request: ApiRequest): boolean {
  return request.method === "GET";
}

function anySignal(signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body && "status" in body;
}

/** Milliseconds of `Retry-After` (seconds or a date), else of the document's `retry_after`. */
function retryAfter(header: string | null, body: unknown): number | null {
  if (header !== null && /^\d+$/.test(header.trim())) return Number(header) * 1_000;
  if (header !== null && Number.isFinite(Date.parse(header))) return Math.max(0, Date.parse(header) - Date.now());
  return isProblem(body) && typeof body.retry_after === "number" ? body.retry_after * 1_000 : null;
}

function causeText(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return "connection lost";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
