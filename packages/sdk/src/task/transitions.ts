import type { JsonObject, OperationAnswer, ProblemDocument, TaskAnswer, TransitionAnswer } from "@phasegate/wire";
import { errorFromProblem, NotFoundError, PhasegateUsageError } from "../errors.ts";
import type { HttpTransport } from "../transport/http-transport.ts";
import { wait } from "../transport/waiting.ts";
import type { Hold } from "./hold.ts";
import { operationToFollow, resultOf, type TransitionAsked, type TransitionResult } from "./transition-result.ts";

export interface TransitionRules {
  /** `Prefer: respond-async`: the server answers at once, and the operation is asked for. */
  readonly respondAsync: boolean;
  /** Stay until a person has decided. */
  readonly waitForApproval: boolean;
  /** Longest pause between two looks at something that takes its time. */
  readonly pollMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Times that a request is sent anew because the server forgot the operation that followed the last one. */
const maxForgotten = 3;
const firstPollMs = 50;

/** Asks to leave a phase and follows the answer, whatever form it takes, to the decision. */
export class Transitions {
  readonly #transport: HttpTransport;
  readonly #hold: Hold;
  #awaited: TransitionAsked | null = null;

  constructor(transport: HttpTransport, hold: Hold) {
    this.#transport = transport;
    this.#hold = hold;
  }

  async request(asked: TransitionAsked, rules: TransitionRules): Promise<TransitionResult> {
    const phase = this.#hold.phase;
    for (let forgotten = 0; ; forgotten += 1) {
      const answer = await this.#decided(asked, phase, rules);
      if (answer === null && forgotten < maxForgotten) continue;
      if (answer === null) throw new PhasegateUsageError("the server keeps forgetting the transition; ask again later");
      const result = resultOf(answer, asked, phase);
      if (result.outcome === "moved" && answer.new_token !== null) {
        this.#hold.entered(result.phase, answer.new_token, answer.lease_expires_at);
      }
      this.#awaited = result.outcome === "awaiting_approval" ? asked : null;
      return result.outcome === "awaiting_approval" && rules.waitForApproval ? this.waitFor(rules) : result;
    }
  }

  /** Waits until a person has decided on the transition that awaits it, and takes the task up again. */
  async waitFor(rules: Pick<TransitionRules, "pollMs" | "signal">): Promise<TransitionResult> {
    const asked = this.#awaited;
    if (!asked) throw new PhasegateUsageError("no transition of this client awaits an approval");
    const pauses = growingPauses(rules.pollMs);
    for (;;) {
      const task = await this.#readTask(rules.signal);
      if (task.status !== "awaiting_approval" && task.status !== "deciding") {
        const result = await this.#afterApproval(task, asked, rules.signal);
        this.#awaited = null;
        return result;
      }
      await wait(pauses(), this.#stop(rules.signal));
    }
  }

  /** The decided answer; null when the server no longer knows the operation that leads to it. */
  async #decided(asked: TransitionAsked, phase: string, rules: TransitionRules): Promise<TransitionAnswer | null> {
    const { status, body } = await this.#hold.send<TransitionAnswer | OperationAnswer>(rules.signal, (token) => ({
      method: "POST",
      ...this.#call(asked, phase, token),
      headers: rules.respondAsync ? { Prefer: "respond-async" } : {},
      timeoutMs: null,
    }));
    const operation = operationToFollow(status, body as TransitionAnswer);
    return operation === null ? (body as TransitionAnswer) : this.#follow(operation, rules);
  }

  #call(asked: TransitionAsked, phase: string, token: string): { path: string; body: JsonObject } {
    const taskId = this.#hold.task.id;
    const { target, artifacts } = asked;
    if (target === null) {
      return { path: `/tasks/${encodeURIComponent(taskId)}/complete`, body: { phase_token: token, artifacts } };
    }
    const body = { task_id: taskId, current_phase: phase, target_phase: target, phase_token: token, artifacts };
    return { path: "/tasks/transition", body };
  }

  async #follow(operationId: string, rules: TransitionRules): Promise<TransitionAnswer | null> {
    const pauses = growingPauses(rules.pollMs);
    for (;;) {
      const operation = await this.#readOperation(operationId, rules.signal);
      if (operation === null) return null;
      if (operation.error) throw errorFromProblem(operation.error as unknown as ProblemDocument);
      // An operation whose last word waits for a person says so before it is done.
      const response = operation.response as unknown as TransitionAnswer | undefined;
      if (response) return response;
      if (operation.metadata.stage === "awaiting_approval") return awaitingApproval;
      await wait(pauses(), this.#stop(rules.signal));
    }
  }

  async #readOperation(operationId: string, signal: AbortSignal | undefined): Promise<OperationAnswer | null> {
    const path = `/operations/${encodeURIComponent(operationId)}`;
    try {
      return (await this.#transport.send<OperationAnswer>({ method: "GET", path, signal })).body;
    } catch (error) {
      if (error instanceof NotFoundError) return null;
      throw error;
    }
  }

  async #readTask(signal: AbortSignal | undefined): Promise<TaskAnswer> {
    const path = `/tasks/${encodeURIComponent(this.#hold.task.id)}`;
    return (await this.#transport.send<TaskAnswer>({ method: "GET", path, signal })).body;
  }

  async #afterApproval(
    task: TaskAnswer,
    asked: TransitionAsked,
    signal: AbortSignal | undefined,
  ): Promise<TransitionResult> {
    const open = task.blockers.filter((blocker) => !blocker.resolved).map((blocker) => blocker.text);
    const judged = { findings: task.findings, warnings: [], phase: task.phase };
    if (task.status === "completed") return { ...judged, outcome: "completed", allowed: true, blockers: [] };
    const live = await this.#hold.takeUp(signal);
    if (live === null) {
      throw new PhasegateUsageError(`the task is \`${task.status}\` and no longer held by \`${this.#hold.agentId}\``);
    }
    if (this.#hold.phase === asked.target) {
      return { ...judged, phase: this.#hold.phase, outcome: "moved", allowed: true, blockers: [] };
    }
    const found = task.findings.filter((finding) => finding.severity === "blocking").map((finding) => finding.message);
    return { ...judged, outcome: "blocked", allowed: false, blockers: [...open, ...found] };
  }

  #stop(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#transport.closed]) : this.#transport.closed;
  }
}

const awaitingApproval: TransitionAnswer = {
  allowed: false,
  new_token: null,
  blockers: [],
  findings: [],
  warnings: [],
  status: "awaiting_approval",
};

/** Each pause half as long again as the one before, up to `longestMs`. */
function growingPauses(longestMs: number): () => number {
  let next = firstPollMs;
  return () => {
    const now = Math.min(next, longestMs);
    next *= 1.5;
    return now;
  };
}
