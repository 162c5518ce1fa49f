import type { ClaimAnswer, RenewAnswer, TaskAnswer } from "@phasegate/wire";
import { PhasegateApiError } from "../errors.ts";
import type { ClientListener } from "../events.ts";
import type { ApiAnswer, ApiRequest, HttpTransport } from "../transport/http-transport.ts";
import { unlessAborted } from "@phasegate/resilience";

/** Refusals that a live token cures. */
const staleTokenCodes: readonly string[] = ["token_expired", "token_superseded"];

export interface HeldTask {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly workflow: string;
  readonly priority: number;
  readonly labels: readonly string[];
  /** Where its files are, as tools see them. */
  readonly workspace: { readonly path: string; readonly mode: string };
}

/**
 * One task as long as this client holds it: its phase and the live token.
 *
 * A call carries one token through all its sendings. When that token is dead, the call is sent once more with a live
 * one: the newest that this client has, or a new one for the key, asked for only while the server still names this
 * agent as the holder. Answers that come late never put an older token in place of a newer one.
 */
export class Hold {
  readonly task: HeldTask;
  readonly agentId: string;
  phase: string;
  leaseExpiresAt: string;
  #token: string;
  #renewing: Promise<string | null> | null = null;
  readonly #transport: HttpTransport;
  readonly #onEvent: ClientListener;

  constructor(claim: ClaimAnswer, parts: { transport: HttpTransport; onEvent: ClientListener }) {
    const { id, title, description, workflow, priority, labels } = claim.task;
    this.task = { id, title, description, workflow, priority, labels, workspace: claim.workspace };
    this.agentId = claim.task.agent_id;
    this.phase = claim.phase;
    this.leaseExpiresAt = claim.lease_expires_at;
    this.#token = claim.phase_token;
    this.#transport = parts.transport;
    this.#onEvent = parts.onEvent;
  }

  /** Sends a request with the live token, and once more when that token turned out to be dead. */
  async send<Body>(
    signal: AbortSignal | undefined,
    request: (token: string) => ApiRequest,
  ): Promise<ApiAnswer<Body> & { token: string }> {
    const token = this.#token;
    try {
      return { ...(await this.#transport.send<Body>({ ...request(token), signal })), token };
    } catch (error) {
      if (!isStaleToken(error)) throw error;
      const live = await this.#liveTokenInsteadOf(token, signal);
      if (live === null) throw error;
      return { ...(await this.#transport.send<Body>({ ...request(live), signal })), token: live };
    }
  }

  /** Takes over what a transition or claim answered: the task is in another epoch now. */
  entered(phase: string, token: string, leaseExpiresAt?: string): void {
    this.phase = phase;
    this.#token = token;
    this.leaseExpiresAt = leaseExpiresAt ?? this.leaseExpiresAt;
  }

  /** Takes over a token of the same epoch, unless the task has moved on since `insteadOf` was sent. */
  renewed(answer: RenewAnswer, insteadOf: string): void {
    if (this.#token !== insteadOf) return;
    this.#token = answer.phase_token;
    this.leaseExpiresAt = answer.lease_expires_at;
  }

  /** A token for the task as it is now, for the key; null when the server no longer names this agent as its holder. */
  async takeUp(signal?: AbortSignal): Promise<string | null> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return unlessAborted(this.#renewing, signal);
  }

  async #liveTokenInsteadOf(stale: string, signal?: AbortSignal): Promise<string | null> {
    return this.#token === stale ? this.takeUp(signal) : this.#token;
  }

  async #renew(): Promise<string | null> {
    const path = `/tasks/${encodeURIComponent(this.task.id)}`;
    try {
      const { body: task } = await this.#transport.send<TaskAnswer>({ method: "GET", path });
      if (task.holder?.agent_id !== this.agentId) return null;
      const { body } = await this.#transport.send<RenewAnswer>({ method: "POST", path: `${path}/token`, body: {} });
      this.entered(task.phase, body.phase_token, body.lease_expires_at);
      this.#onEvent({ type: "token_renewed", taskId: this.task.id, phase: task.phase });
      return body.phase_token;
    } catch (error) {
      // What the server answers to this says less than the refusal that led here.
      if (error instanceof PhasegateApiError && error.status < 500 && error.status !== 429) return null;
      throw error;
    }
  }
}

function isStaleToken(error: unknown): boolean {
  return error instanceof PhasegateApiError && staleTokenCodes.includes(error.code);
}
