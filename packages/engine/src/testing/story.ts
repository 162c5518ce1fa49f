import { digestJson, taskStream } from "@phasegate/wire";
import type { EventId, Facts, JsonValue, OperationId, Principal, TaskId, TokenId, TreeDigest } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type {
  CallTool,
  Command,
  CreateTask,
  Decision,
  RequestTransition,
  SettleTool,
  TokenClaims,
} from "../commands.ts";
import { decide } from "../decide/decide.ts";
import { evolve } from "../evolve/evolve.ts";
import type { TaskEvent } from "../evolve/task-event.ts";
import type { TaskState } from "../task-state.ts";
import { ada, contextOf, olga, startOfTime } from "./principals.ts";
import { changesBetween, filesOf, treeFacts, treeOf, type Files } from "./trees.ts";

export type Decide = typeof decide;

export const taskId = "task_1" as TaskId;
export const operationId = "op_1" as OperationId;

/** One decision, with all that it was made on. */
export interface Step {
  readonly before: TaskState | null;
  readonly principal: Principal;
  readonly command: Command;
  readonly facts: Facts;
  readonly now: number;
  /** The workspace at that moment. */
  readonly files: Files;
  readonly decision: Decision;
  readonly after: TaskState | null;
}

/** Where an event stands, as a ledger would say it. */
export function place(event: Decision["events"][number], at: { version: number; principal: Principal; now: number }) {
  return {
    ...event,
    stream: taskStream(taskId),
    version: at.version,
    at: new Date(at.now).toISOString(),
    principal: at.principal.id,
  } satisfies TaskEvent;
}

/**
 * One task's life on one workspace, decided and folded as the server does it, without a server. Files are what a
 * runner would see; `saved` keeps each tree that was entered or frozen.
 */
export class Story {
  readonly workflow: CompiledWorkflow;
  readonly events: TaskEvent[] = [];
  readonly steps: Step[] = [];
  files: Files;
  now = startOfTime;
  last: Decision | null = null;
  #task: TaskState | null = null;
  readonly #saved = new Map<string, Files>();
  readonly #decide: Decide;
  #tokens = 0;

  constructor(workflow: CompiledWorkflow, options: { files?: Files; decide?: Decide } = {}) {
    this.workflow = workflow;
    this.files = options.files ?? filesOf({});
    this.#decide = options.decide ?? decide;
    this.save();
  }

  get task(): TaskState {
    if (!this.#task) throw new RangeError("no task was created yet");
    return this.#task;
  }

  /** Decides, and folds the decision's events. */
  do(principal: Principal, command: Command, facts: Facts = {}): Decision {
    const before = this.#task;
    const decision = this.#decide(before, command, facts, this.workflow, contextOf(principal, this.now));
    for (const event of decision.events) {
      const version = (this.#task?.version ?? 0) + 1;
      const placed = place(event, { version, principal, now: this.now });
      this.#task = evolve(this.#task, placed);
      this.events.push(placed);
    }
    const { now, files } = this;
    this.steps.push({ before, principal, command, facts, now, files, decision, after: this.#task });
    this.last = decision;
    return decision;
  }

  create(
    options: Partial<Pick<CreateTask, "dependencies" | "capabilities" | "spawnedBy">> & { facts?: Facts } = {},
  ): Decision {
    return this.do(
      olga,
      {
        type: "create",
        taskId,
        title: "a task",
        description: null,
        priority: 0,
        capabilities: options.capabilities ?? [],
        labels: [],
        dependencies: options.dependencies ?? [],
        workflowDigest: this.workflow.digest,
        base: { ref: "main", commit: "0".repeat(40) },
        tree: treeOf(this.files),
        adHoc: false,
        ...(options.spawnedBy ? { spawnedBy: options.spawnedBy } : {}),
      },
      options.facts ?? {},
    );
  }

  claim(
    principal: Principal = ada,
    options: Partial<Extract<Command, { type: "claim" }>> = {},
    facts: Facts = {},
  ): Decision {
    return this.do(
      principal,
      {
        type: "claim",
        agentId: principal.name,
        capabilities: [],
        assurance: "sandboxed",
        tokenId: this.nextTokenId(),
        named: true,
        ...options,
      },
      facts,
    );
  }

  nextTokenId(): TokenId {
    this.#tokens += 1;
    return `tok_${this.#tokens}` as TokenId;
  }

  /** The token that the server would mint now for the holder. */
  token(changes: Partial<TokenClaims> = {}): TokenClaims {
    return {
      tokenId: `tok_${this.#tokens}` as TokenId,
      taskId,
      subject: this.task.holder?.principal ?? ada.id,
      phase: this.task.phase,
      epoch: this.task.epoch,
      ...changes,
    };
  }

  call(toolName: string, options: Partial<CallTool> = {}, principal: Principal = ada): Decision {
    return this.do(principal, {
      type: "call_tool",
      via: "execute",
      token: this.token(),
      toolName,
      args: {},
      argsDigest: null,
      paths: [],
      ...options,
    });
  }

  /** Settles a call that turned the files into `after`; puts back what the engine says. */
  settle(
    toolName: string,
    callId: EventId | null,
    after: Files = this.files,
    options: Partial<SettleTool> = {},
    principal: Principal = ada,
  ): Decision {
    const before = this.files;
    const changes = changesBetween(before, after);
    const touched = new Set(changes.map(({ path }) => path));
    const decision = this.do(principal, {
      type: "settle_tool",
      callId,
      token: this.token(),
      toolName,
      argsDigest: null,
      resultDigest: null,
      success: true,
      error: null,
      durationMs: 1,
      treeBefore: treeOf(before),
      treeAfter: treeOf(after),
      changes,
      contents: {},
      entryChanges: changesBetween(this.saved(this.task.entryTree), after).filter(({ path }) => touched.has(path)),
      unsupported: [],
      commit: null,
      ...options,
    });
    this.files = decision.rollBack === "none" ? after : before;
    return decision;
  }

  /** A call and its outcome; null where the call was denied. */
  run(toolName: string, after: Files, options: Partial<CallTool> = {}): Decision {
    const started = this.call(toolName, options);
    const callId = started.events.find((event) => event.type === "tool.started")?.id;
    return started.effect === "allow" && callId ? this.settle(toolName, callId, after) : started;
  }

  /** Asks for a transition with the facts that a runner would have at hand. */
  transition(
    targetPhase: string | null,
    options: Partial<RequestTransition> & { artifacts?: Record<string, JsonValue>; facts?: Facts } = {},
    principal: Principal = ada,
  ): Decision {
    const { artifacts = {}, facts, ...changes } = options;
    const submitted = Object.fromEntries(Object.entries(artifacts).map(([type, body]) => [type, digestJson(body)]));
    const decision = this.do(
      principal,
      {
        type: "request_transition",
        operationId,
        token: this.token(),
        currentPhase: this.task.phase,
        targetPhase,
        submitted,
        newTokenId: this.nextTokenId(),
        ...changes,
      },
      facts ?? { tree: this.treeNow(), artifacts },
    );
    this.save();
    return decision;
  }

  /** The tree as a runner reads it, compared with the trees of entry, base and every freeze. */
  treeNow(): NonNullable<Facts["tree"]> {
    const earlier = [this.task.entryTree, this.task.baseTree, ...this.task.freezes.map((freeze) => freeze.tree)];
    return treeFacts(
      this.files,
      earlier.map((digest) => this.saved(digest)),
    );
  }

  save(): void {
    this.#saved.set(treeOf(this.files), this.files);
  }

  saved(digest: TreeDigest): Files {
    return this.#saved.get(digest) ?? filesOf({});
  }

  /** Types of the last decision's events. */
  recorded(): readonly string[] {
    return this.last?.events.map((event) => event.type) ?? [];
  }

  /** Codes of the last decision's reasons. */
  codes(): readonly string[] {
    return this.last?.reasons.map((reason) => reason.code) ?? [];
  }
}
