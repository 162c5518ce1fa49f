import { decide, evolve, foldTask } from "@phasegate/engine";
import type { Command, CommandContext, Decision, TaskState } from "@phasegate/engine";
import type { AppendBatch, AppendResult, NewJob } from "@phasegate/ledger";
import { PhasegateError, taskStream } from "@phasegate/wire";
import type { Facts, NewEvent, Principal, StoredEvent, TaskId } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { Caller, ServerContext } from "../context.ts";
import { idempotentPart, markRecorded } from "../http/idempotency.ts";
import type { RouteAnswer } from "../http/route.ts";
import { followUpJobs } from "../jobs/follow-up-jobs.ts";
import { memoryOfTask } from "./memory-of-task.ts";
import { TaskCache } from "./task-cache.ts";
import { TaskWatch } from "./task-watch.ts";

/** How often a decision is made again after someone was faster. */
const maxAttempts = 8;
/** After these nothing waits for the task's evidence any more. */
const endsEvidence: readonly StoredEvent["type"][] = [
  "transition.withdrawn",
  "task.completed",
  "task.failed",
  "task.cancelled",
];
/** Events read at once when a task is folded from the ledger. */
const readPage = 1_000;

/** What `appendRefusal` records. */
export type Refusal = Extract<NewEvent, { readonly type: "violation.detected" }>;

/** One command on its way to a decision. */
export interface DecideRequest {
  readonly taskId: TaskId;
  readonly caller: Caller;
  readonly command: Command;
  readonly facts: Facts;
  /** Bodies that the decision's events refer to. */
  readonly payloads?: AppendBatch["payloads"];
  /** The lease after an allowed decision; absent leaves it. A function looks at what was decided, whatever it was. */
  readonly lease?: AppendBatch["lease"] | ((decided: Omit<Decided, "events">) => AppendBatch["lease"]);
  /** Jobs that are asked for in the commit of the decision's events. */
  readonly jobs?: (decided: Omit<Decided, "events">) => readonly NewJob[];
  /** The name under which an agent works, for the events. */
  readonly agentId?: string | null;
  /** What an idempotency key shall answer from now on, recorded in the commit of the events; null leaves it open. */
  readonly answer?: (decided: Omit<Decided, "events">) => RouteAnswer | null;
}

export interface Decided {
  readonly decision: Decision;
  /** The task after the decision's events. */
  readonly task: TaskState;
  readonly events: readonly StoredEvent[];
  readonly workflow: CompiledWorkflow;
}

interface Waiting {
  readonly request: DecideRequest;
  /** Of the decision's span: its jobs go on in that trace, and a group is appended in that of its first. */
  readonly traceparent: string | null;
  readonly resolve: (decided: Decided) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Turns commands into recorded decisions: load, decide, append at the version that was decided on.
 *
 * States of a task here: *absent* (not cached), *idle* (cached, nothing waits), *busy* (one group of commands is being
 * appended, others wait). Commands of one task keep their order. Commands that arrived together share one append, so
 * that durability costs one commit a group; each is decided on the state that the ones before it left.
 * Memory moves only after the commit: a failed group fails all its answers and drops the cached task.
 */
export class TaskStore {
  readonly #context: ServerContext;
  readonly #tasks = new TaskCache(memoryOfTask);
  readonly #queues = new Map<TaskId, Waiting[]>();
  /** What commits make of tasks, for those who wait. */
  readonly watch = new TaskWatch();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** The task as of the last commit seen by this instance, or null. */
  async load(taskId: TaskId): Promise<TaskState | null> {
    const cached = this.#tasks.get(taskId);
    if (cached) return cached;
    const events: StoredEvent[] = [];
    for (;;) {
      const page = await this.#context.ledger.readStream(taskStream(taskId), {
        afterVersion: events.length,
        limit: readPage,
      });
      events.push(...page);
      if (page.length < readPage) break;
    }
    if (events.length === 0) return null;
    const task = foldTask(events);
    const newer = this.#tasks.get(taskId);
    // RACE: a commit may have moved the cache while the pages were read; the higher version is the later truth.
    if (newer && newer.version >= task.version) return newer;
    this.#tasks.set(task);
    return task;
  }

  /**
   * The task as the ledger has it now. A job can be taken in the very commit that asked for it, before this instance's
   * memory has moved: who acts on what a task does not say must look here first.
   */
  async refresh(taskId: TaskId): Promise<TaskState | null> {
    const known = this.#tasks.get(taskId);
    if (!known) return this.load(taskId);
    const newer = await this.#context.ledger.readStream(taskStream(taskId), { afterVersion: known.version });
    return newer.reduce<TaskState>(evolve, known);
  }

  /** As `load`, but a task that is not there is the problem `unknown_task`. */
  async require(taskId: TaskId): Promise<TaskState> {
    const task = await this.load(taskId);
    if (!task) throw unknownTask(taskId);
    return task;
  }

  async workflowOf(task: TaskState): Promise<CompiledWorkflow> {
    const workflow = await this.#context.workflows.get(task.workflow.digest);
    if (workflow) return workflow;
    throw new PhasegateError("ledger_corrupt", `the pinned workflow \`${task.workflow.digest}\` is not in the ledger`);
  }

  /** What would be decided now; records nothing. For judgements under the runner's lock and for cheap refusals. */
  async preview(taskId: TaskId, caller: Caller, command: Command, facts: Facts): Promise<Omit<Decided, "events">> {
    const task = await this.require(taskId);
    const workflow = await this.workflowOf(task);
    return { decision: decide(task, command, facts, workflow, this.#commandContext(caller.principal)), task, workflow };
  }

  /** Decides and records. Resolves once the decision is durable. */
  decide(request: DecideRequest): Promise<Decided> {
    const { tracing, log } = this.#context;
    const attributes = { "phasegate.task_id": request.taskId, "phasegate.command": request.command.type };
    return tracing.span("decision", { attributes }, async (span) => {
      const decided = await this.#enqueue(request, tracing.traceparent());
      const { effect, reasons } = decided.decision;
      span.set({
        "phasegate.phase": decided.task.phase,
        "phasegate.effect": effect,
        ...(reasons[0] ? { "phasegate.code": reasons[0].code } : {}),
      });
      if (log.isLevelEnabled("debug")) {
        const { taskId: task_id, command } = request;
        const said = { command: command.type, phase: decided.task.phase, effect, code: reasons[0]?.code ?? null };
        log.debug({ task_id, ...said }, "decided");
      }
      return decided;
    });
  }

  #enqueue(request: DecideRequest, traceparent: string | null): Promise<Decided> {
    return new Promise((resolve, reject) => {
      const waiting = this.#queues.get(request.taskId);
      if (waiting) {
        if (waiting.length >= 1_000) {
          reject(new PhasegateError("overloaded", "too many calls wait for this task", { retryAfterSeconds: 1 }));
          return;
        }
        waiting.push({ request, traceparent, resolve, reject });
        return;
      }
      this.#queues.set(request.taskId, [{ request, traceparent, resolve, reject }]);
      void this.#drain(request.taskId);
    });
  }

  /** Records a refusal that the engine did not make (a token that does not verify): no state changes by it. */
  async appendRefusal(taskId: TaskId, caller: Caller, event: Refusal): Promise<void> {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const task = await this.require(taskId);
      const result = await this.#context.ledger.append({
        stream: taskStream(taskId),
        expectedVersion: task.version,
        origin: this.#origin(caller, null),
        events: [event],
      });
      if (result.status === "appended") {
        this.#context.metrics.tokenRefused(event.data.reasons[0]?.code ?? "");
        const current = this.#tasks.get(taskId);
        if (current?.version === task.version) this.#tasks.set(result.events.reduce(evolve, current));
        else this.#tasks.delete(taskId);
        return;
      }
      this.#tasks.delete(taskId);
    }
    throw new PhasegateError("version_conflict", "the task changed meanwhile, several times in a row");
  }

  /** Creates a task: the one decision without a task before it. */
  async create(
    request: Omit<DecideRequest, "answer"> & { workflow: CompiledWorkflow; answer?: DecideRequest["answer"] },
  ): Promise<Decided> {
    const decision = decide(
      null,
      request.command,
      request.facts,
      request.workflow,
      this.#commandContext(request.caller.principal),
    );
    if (decision.effect !== "allow") {
      const reason = decision.reasons[0];
      throw reason
        ? PhasegateError.fromReason(reason)
        : new PhasegateError("internal_error", "denied without a reason");
    }
    const result = await this.#context.ledger.append({
      stream: taskStream(request.taskId),
      expectedVersion: 0,
      origin: this.#origin(request.caller, request.agentId ?? null),
      events: decision.events,
      ...(request.payloads ? { payloads: request.payloads } : {}),
    });
    if (result.status === "conflict") throw new PhasegateError("version_conflict", "the task exists already");
    const task = foldTask(result.events);
    this.#tasks.set(task);
    this.#count(request.command, decision, task.phase);
    return { decision, task, events: result.events, workflow: request.workflow };
  }

  /** Counts what was recorded, in the phase that the task is in after it. */
  #count(command: Command, { effect, reasons }: Decision, phase: string): void {
    this.#context.metrics.decided({
      command: command.type,
      effect,
      code: reasons[0]?.code ?? null,
      tool: "toolName" in command ? command.toolName : null,
      phase,
      rule: reasons[0]?.rule ?? null,
    });
  }

  #commandContext(principal: Principal): CommandContext {
    return { principal, now: this.#context.clock.now(), nextEventId: () => this.#context.ids.make("event") };
  }

  #origin(caller: Caller, agentId: string | null): AppendBatch["origin"] {
    return {
      principal: caller.principal.id,
      agentId,
      at: new Date(this.#context.clock.now()).toISOString(),
    };
  }

  async #drain(taskId: TaskId): Promise<void> {
    const queue = this.#queues.get(taskId);
    if (!queue) return;
    while (queue.length > 0) {
      const group = takeGroup(queue);
      try {
        await this.#decideGroup(taskId, group);
      } catch (error) {
        this.#tasks.delete(taskId);
        for (const waiting of group) waiting.reject(error);
      }
    }
    this.#queues.delete(taskId);
  }

  async #decideGroup(taskId: TaskId, group: readonly Waiting[]): Promise<void> {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const before = await this.require(taskId);
      const workflow = await this.workflowOf(before);
      const prepared = this.#prepare(before, workflow, group);
      if (prepared.events.length === 0) {
        for (const one of prepared.decided) one.waiting.resolve({ ...one, events: [], workflow });
        return;
      }
      const result = await this.#append(prepared, group);
      if (result.status === "appended") {
        this.#commit(taskId, prepared, result.events, workflow);
        return;
      }
      this.#tasks.delete(taskId);
      if (result.cause === "authority") await revalidate(group);
    }
    throw new PhasegateError("version_conflict", "the task changed meanwhile, several times in a row", {
      hint: "send the request again",
    });
  }

  #append({ batch, events }: Prepared, group: readonly Waiting[]): Promise<AppendResult> {
    const { tracing, ledger } = this.#context;
    const attributes = { "phasegate.events": events.length, "phasegate.decisions": group.length };
    const parent = group[0]?.traceparent ?? null;
    return tracing.span("ledger append", { parent, attributes }, () => ledger.append(batch));
  }

  /** Decides each command of a group on the state that the ones before it leave. */
  #prepare(before: TaskState, workflow: CompiledWorkflow, group: readonly Waiting[]): Prepared {
    const first = group[0];
    if (!first) throw new PhasegateError("internal_error", "an empty group was to be decided");
    const origin = this.#origin(first.request.caller, agentIdOf(first.request, before));
    let task = before;
    const decided: Prepared["decided"] = [];
    const events: AppendBatch["events"][number][] = [];
    const payloads: NonNullable<AppendBatch["payloads"]>[number][] = [];
    const jobs: NewJob[] = [];
    const ended = new Set<string>();
    let lease: AppendBatch["lease"];
    let idempotent: AppendBatch["idempotent"];
    for (const waiting of group) {
      const { request } = waiting;
      const decision = decide(
        task,
        request.command,
        request.facts,
        workflow,
        this.#commandContext(request.caller.principal),
      );
      const stepBefore = task;
      for (const event of decision.events) {
        task = evolve(task, {
          ...event,
          stream: taskStream(task.id),
          version: task.version + 1,
          at: origin.at,
          principal: origin.principal,
        });
      }
      if (decision.events.length > 0) payloads.push(...(request.payloads ?? []), ...(decision.payloads ?? []));
      if (typeof request.lease === "function") {
        const wanted = request.lease({ decision, task, workflow });
        if (wanted !== undefined) lease = wanted;
      } else if (decision.effect === "allow" && request.lease !== undefined) lease = request.lease;
      const followUp = followUpJobs(this.#context, { before: stepBefore, after: task, decision, workflow });
      for (const kind of followUp.endsJobs) ended.add(kind);
      for (const job of [...(request.jobs?.({ decision, task, workflow }) ?? []), ...followUp.jobs]) {
        jobs.push(tracedJob(job, waiting));
      }
      const answer = request.caller.idempotency ? request.answer?.({ decision, task, workflow }) : null;
      if (answer) ({ idempotent } = idempotentPart(request.caller, answer));
      events.push(...decision.events);
      decided.push({ waiting, decision, task, count: decision.events.length });
    }
    const authority = lowestAuthority(group);
    const transitions = events.some((event) => event.type === "task.transitioned" || event.type === "task.completed");
    return {
      decided,
      events,
      batch: {
        stream: taskStream(before.id),
        expectedVersion: before.version,
        origin,
        events,
        payloads,
        ...(jobs.length > 0 ? { jobs } : {}),
        ...(ended.size > 0 ? { endsJobs: [...ended] } : {}),
        ...(authority === null ? {} : { expectedAuthority: authority }),
        ...(lease === undefined ? {} : { lease }),
        ...(idempotent ? { idempotent } : {}),
        ...(transitions ? { signHead: (head) => this.#context.signHead(head) } : {}),
      },
    };
  }

  #commit(taskId: TaskId, prepared: Prepared, stored: readonly StoredEvent[], workflow: CompiledWorkflow): void {
    const last = prepared.decided.at(-1);
    if (last) {
      this.#tasks.set(last.task);
      this.watch.notify(last.task);
    }
    // A job of the same batch stays: it is of what was asked for after the end.
    if (prepared.batch.jobs) this.#context.jobs.wake();
    else if (stored.some((event) => endsEvidence.includes(event.type))) this.#context.jobs.abandon(taskId, "evidence");
    let offset = 0;
    for (const { waiting, decision, task, count } of prepared.decided) {
      const recorded = stored.slice(offset, offset + count);
      if (count > 0) {
        this.#count(waiting.request.command, decision, task.phase);
        this.#context.metrics.recorded(recorded, task);
      }
      if (prepared.batch.idempotent) markRecorded(waiting.request.caller);
      waiting.resolve({ decision, task, events: recorded, workflow });
      offset += count;
    }
  }
}

function tracedJob(job: NewJob, { traceparent }: Waiting): NewJob {
  return traceparent === null ? job : { ...job, body: { ...job.body, traceparent } };
}

/** The name of the agent that acts: the holder's, where it is the holder who acts. */
function agentIdOf({ agentId, caller }: DecideRequest, { holder }: TaskState): string | null {
  if (agentId !== undefined) return agentId;
  return holder !== null && holder.principal === caller.principal.id ? holder.agentId : null;
}

interface Prepared {
  readonly decided: { waiting: Waiting; decision: Decision; task: TaskState; count: number }[];
  readonly events: readonly AppendBatch["events"][number][];
  readonly batch: AppendBatch;
}

/** The longest run of waiting commands that may share an append: one caller's, at most one with an idempotency key. */
function takeGroup(queue: Waiting[]): Waiting[] {
  const first = queue.shift();
  if (!first) return [];
  const group = [first];
  if (first.request.caller.idempotency) return group;
  while (group.length < 64) {
    const next = queue[0];
    if (!next || next.request.caller.idempotency) break;
    if (next.request.caller.principal.id !== first.request.caller.principal.id) break;
    if ((next.request.agentId ?? null) !== (first.request.agentId ?? null)) break;
    group.push(next);
    queue.shift();
  }
  return group;
}

/** The oldest view of keys and roles in the group: if it still holds, all do. */
function lowestAuthority(group: readonly Waiting[]): number | null {
  let lowest: number | null = null;
  for (const { request } of group) {
    const version = request.caller.authorityVersion;
    if (version !== null && (lowest === null || version < lowest)) lowest = version;
  }
  return lowest;
}

/** Keys or roles changed since the callers were authenticated: those whose key is gone are refused. */
async function revalidate(group: readonly Waiting[]): Promise<void> {
  for (const { request } of group) await request.caller.revalidate();
}

export function unknownTask(taskId: string): PhasegateError {
  return new PhasegateError("unknown_task", `no task \`${taskId}\``, { hint: "list yours with `GET /api/v1/tasks`" });
}
