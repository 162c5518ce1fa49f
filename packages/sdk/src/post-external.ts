import type { ApprovalAnswer } from "@phasegate/wire";
import { type ClientRetry, defaultClientRetry } from "./transport/client-retry.ts";
import { HttpTransport } from "./transport/http-transport.ts";
import { globalTraceHeaders } from "./transport/trace-headers.ts";

export interface PostExternalOptions {
  readonly url: string;
  /** Of the service that bears the system's name. */
  readonly key: string;
  readonly retry?: Partial<ClientRetry>;
  readonly fetch?: typeof globalThis.fetch;
  readonly signal?: AbortSignal;
}

/** What a system found about exactly what the digest covers. */
export interface ExternalCall {
  readonly taskId: string;
  /** As the check `external` names the system. */
  readonly name: string;
  /** From the event `approval.requested`. */
  readonly digest: string;
  readonly status: "success" | "failure";
  readonly comment?: string;
}

/** For longer than the server lets a grant wait for the transition that it moves on. */
const timeoutMs = 60_000;

/**
 * Answers the gate that asks a system, once however often it is sent. Throws `ConflictError` for another digest than the
 * one that is asked about, `NotFoundError` where nothing is asked, `ForbiddenError` for the key of another service.
 */
export async function postExternal(options: PostExternalOptions, call: ExternalCall): Promise<ApprovalAnswer> {
  const { url, key, retry, fetch, signal } = options;
  const transport = new HttpTransport({
    url,
    key,
    fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
    retry: { ...defaultClientRetry, ...retry },
    circuitBreaker: null,
    requestTimeoutMs: timeoutMs,
    random: Math.random,
    onEvent: () => undefined,
    traceHeaders: globalTraceHeaders,
  });
  const { taskId, ...body } = call;
  const path = `/tasks/${encodeURIComponent(taskId)}/externals`;
  return (await transport.send<ApprovalAnswer>({ method: "POST", path, body, signal })).body;
}
