import { problem, type ReasonCode } from "@phasegate/wire";

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** One answer: `lost` is a connection that broke before one came. */
export type ScriptedAnswer =
  "lost" | { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> };

/** Answers requests in the order of its script, in place of the network, and keeps what was sent. */
export class ScriptedServer {
  readonly requests: SentRequest[] = [];
  readonly #script: ScriptedAnswer[];

  constructor(...script: readonly ScriptedAnswer[]) {
    this.#script = [...script];
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    init?.signal?.throwIfAborted();
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    const path = (input as string).replace("http://scripted/api/v1", "");
    this.requests.push({ method: init?.method ?? "GET", path, headers: new Headers(init?.headers ?? {}), body });
    const answer = this.#script.shift();
    if (answer === undefined) throw new Error(`the script has no answer to ${path}`);
    if (answer === "lost") throw new TypeError("fetch failed");
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    return new Response(text, { status: answer.status ?? 200, headers: answer.headers ?? {} });
  };

  /** The calls so far, as `METHOD path`. */
  get calls(): readonly string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }
}

/** A problem document of the given code. */
export function refusal(code: ReasonCode, headers: Record<string, string> = {}): ScriptedAnswer {
  const document = problem(code, `the detail of ${code}`);
  return { status: document.status, body: document, headers };
}

export const taskId = "task_1";

export function claimAnswer(phase = "WORK"): ScriptedAnswer {
  return {
    body: {
      task: {
        id: taskId,
        agent_id: "ada",
        capabilities: [],
        assigned_phase: phase,
        title: "Add two",
        description: null,
        status: "active",
        workflow: "demo",
        priority: 0,
        labels: [],
      },
      phase_token: "token-1",
      phase,
      expires_at: "2026-01-01T01:00:00.000Z",
      lease_expires_at: "2026-01-01T01:00:00.000Z",
      workspace: { path: "/workspace", mode: "clone" },
    },
  };
}

export function transitionAnswer(members: Record<string, unknown>): ScriptedAnswer {
  return { body: { allowed: false, new_token: null, blockers: [], findings: [], warnings: [], ...members } };
}

export function taskAnswer(members: Record<string, unknown>): ScriptedAnswer {
  return {
    body: { id: taskId, status: "active", holder: { agent_id: "ada" }, findings: [], blockers: [], ...members },
  };
}

export function renewAnswer(token: string, leaseExpiresAt = "2026-01-01T02:00:00.000Z"): ScriptedAnswer {
  return { body: { phase_token: token, expires_at: leaseExpiresAt, lease_expires_at: leaseExpiresAt } };
}
