import type { JsonObject, OperationAnswer, ProblemDocument, TaskAnswer, TransitionAnswer } from "@phasegate/wire";
import { errorFromProblem, NotFoundError, PhasegateUsageError, TokenError } from "../errors.ts";
import type { HttpTransport } from "../transport/http-transport.ts";
import { wait } from "@phasegate/resilience";
import type { Hold } from "./hold.ts";
import { operationToFollow, resultOf, type TransitionAsked, type TransitionResult } from "./transition-result.ts";

export interface TransitionRules {
  /** `Prefer: respond-async`: the server answers at once, and the operation is asked for. */
  readonly respondAsync: boolean;
  /** Longest pause between two looks at something that takes its time. */
  readonly pollMs: number;
  readonly signal: AbortSignal | undefined;
}

type Waiting = Pick<TransitionRules, "pollMs" | "signal">;

/** A transition that waits for a person, and the phase that it leads out of. */
interface AwaitedTransition {
  readonly asked: TransitionAsked;
  readonly phase: string;
  readonly operationId: string | null;
}

/** Times that a request is sent anew because the server forgot the operation that followed the last one. */
const maxForgotten = 3;
const firstPollMs = 50;

/** Asks to leave a phase and follows the answer, whatever form it takes, to a decision or to a person. */
export class Transitions {
  readonly #transport: HttpTransport;
  readonly #hold: Hold;
  #awaited: AwaitedTransition | null = null;

  constructor(transport: HttpTransport, hold: Hold) {
    this.#transport = transport;
    this.#hold = hold;
  }

  async request(asked: TransitionAsked, rules: TransitionRules): Promise<TransitionResult> {
    const { phase } = this.#hold;
    try {
      return await this.#request(asked, phase, rules);
    } catch (error) {
      // A commit in the last phase may have completed the task; to complete it then is to be told so.
      const mayHaveEnded = asked.target === null && error instanceof TokenError && error.code === "token_revoked";
      const task = mayHaveEnded ? await this.#readTask(rules.signal) : null;
      if (task?.status !== "completed") throw error;
      return endedWell(task);
    }
  }

  async #request(asked: TransitionAsked, phase: string, rules: TransitionRules): Promise<TransitionResult> {
    for (let forgotten = 0; forgotten <= maxForgotten; forgotten += 1) {
      const answer = await this.#answerTo(asked, phase, rules);
      if (answer !== null) return this.#take(answer, asked, phase, rules.signal);
    }
    throw new PhasegateUsageError("the server keeps forgetting the transition; ask again later");
  }

  /** Waits until a person has decided on the transition that awaits it, and takes the task up again. */
  async waitFor(rules: Waiting): Promise<TransitionResult> {
    if (!this.#awaited) throw new PhasegateUsageError("no transition of this client awaits an approval");
    const { asked, phase, operationId } = this.#awaited;
    const answer = operationId === null ? null : await this.#follow(operationId, rules, { toDecision: true });
    if (answer !== null) return this.#take(answer, asked, phase, rules.signal);
    const task = await this.#decidedTask(rules);
    const result = await this.#afterDecision(task, asked, rules.signal);
    this.#awaited = null;
    return result;
  }

  async #take(
    answer: TransitionAnswer,
    asked: TransitionAsked,
    phase: string,
    signal: AbortSignal | undefined,
  ): Promise<TransitionResult> {
    const result = resultOf(answer, asked, phase);
    const operationId = answer.operation_id ?? null;
    this.#awaited = result.outcome === "awaiting_approval" ? { asked, phase, operationId } : null;
    if (result.outcome === "moved") {
      if (answer.new_token === null) await this.#takeUp(signal);
      else this.#hold.entered(result.phase, answer.new_token, answer.lease_expires_at);
    }
    return result;
  }

  /** The decision, or that a person is awaited; null when the server no longer knows the operation that leads there. */
  async #answerTo(asked: TransitionAsked, phase: string, rules: TransitionRules): Promise<TransitionAnswer | null> {
    const { status, body } = await this.#hold.send<TransitionAnswer | OperationAnswer>(rules.signal, (token) => ({
      method: "POST",
      ...this.#call(asked, phase, token),
      headers: rules.respondAsync ? { Prefer: "respond-async" } : {},
      timeoutMs: null,
    }));
    const operation = operationToFollow(status, body as TransitionAnswer);
    return operation === null ? (body as TransitionAnswer) : this.#follow(operation, rules, { toDecision: false });
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

  async #follow(
    operationId: string,
    rules: Waiting,
    { toDecision }: { readonly toDecision: boolean },
  ): Promise<TransitionAnswer | null> {
    const pauses = growingPauses(rules.pollMs);
    for (;;) {
      const operation = await this.#readOperation(operationId, rules.signal);
      if (operation === null) return null;
      if (operation.error) throw errorFromProblem(operation.error as unknown as ProblemDocument);
      if (operation.done) return operation.response as unknown as TransitionAnswer;
      if (operation.metadata.stage === "awaiting_approval" && !toDecision) return awaitingAnswer(operation);
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

  /** The task once nobody is awaited any more: for a server that no longer knows the operation. */
  async #decidedTask(rules: Waiting): Promise<TaskAnswer> {
    const pauses = growingPauses(rules.pollMs);
    for (;;) {
      const task = await this.#readTask(rules.signal);
      if (task.status !== "awaiting_approval" && task.status !== "deciding") return task;
      await wait(pauses(), this.#stop(rules.signal));
    }
  }

  async #readTask(signal: AbortSignal | undefined): Promise<TaskAnswer> {
    const path = `/tasks/${encodeURIComponent(this.#hold.task.id)}`;
    return (await this.#transport.send<TaskAnswer>({ method: "GET", path, signal })).body;
  }

  async #afterDecision(
    task: TaskAnswer,
    asked: TransitionAsked,
    signal: AbortSignal | undefined,
  ): Promise<TransitionResult> {
    const judged = { findings: task.findings, warnings: [], blockers: [] };
    if (task.status === "completed") return endedWell(task);
    await this.#takeUp(signal);
    const { phase } = this.#hold;
    if (phase === asked.target) return { ...judged, outcome: "moved", allowed: true, phase };
    const open = task.blockers.filter((blocker) => !blocker.resolved).map((blocker) => blocker.text);
    const found = task.findings.filter((finding) => finding.severity === "blocking").map((finding) => finding.message);
    return { ...judged, outcome: "blocked", allowed: false, phase, blockers: [...open, ...found] };
  }

  async #takeUp(signal: AbortSignal | undefined): Promise<void> {
    if ((await this.#hold.takeUp(signal)) === null) {
      throw new PhasegateUsageError(`the task is no longer held by \`${this.#hold.agentId}\`; claim it again`);
    }
  }

  #stop(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#transport.closed]) : this.#transport.closed;
  }
}

function endedWell({ findings, phase }: TaskAnswer): TransitionResult {
  return { outcome: "completed", allowed: true, phase, findings, warnings: [], blockers: [] };
}

/** What a transition would have answered that waits for a person at once. */
function awaitingAnswer({ id, metadata }: OperationAnswer): TransitionAnswer {
  const { approval } = metadata as { approval?: TransitionAnswer["approval"] | null };
  return {
    allowed: false,
    new_token: null,
    blockers: ["awaiting_approval"],
    findings: [],
    warnings: [],
    ...(approval ? { approval } : {}),
    status: "awaiting_approval",
    operation_id: id,
  };
}

/** Each pause half as long again as the one before, up to `longestMs`. */
function growingPauses(longestMs: number): () => number {
  let next = firstPollMs;
  return () => {
    const now = Math.min(next, longestMs);
    next *= 1.5;
    return now;
  };
}
