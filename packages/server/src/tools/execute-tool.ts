import type { Decision, SettleTool, TaskState } from "@phasegate/engine";
import { contentsNeeded } from "@phasegate/engine";
import type { KeptPayload } from "@phasegate/ledger";
import type { ActJudges, ActOutcome, Observation, ToolCall, ToolOutcome } from "@phasegate/runner";
import { PhasegateError, reasonExtras, systemFault } from "@phasegate/wire";
import type { EventId, Facts, JsonObject, Reason, StoredEvent } from "@phasegate/wire";
import { quoteList, type CompiledWorkflow } from "@phasegate/workflow";
import type { Caller, ServerContext } from "../context.ts";
import type { Decided } from "../tasks/task-store.ts";
import { judgeOutsideChange } from "../tasks/outside-change.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";
import { completeLastPhase } from "../transitions/complete-last-phase.ts";
import { missingProgramWarnings } from "./missing-program.ts";
import { noNetworkWarnings } from "./no-network.ts";
import { notSearchedWarnings } from "./not-searched.ts";
import { thrownAwayWarnings } from "./thrown-away.ts";
import { runTests } from "./run-tests.ts";
import { payloadOf, readToolRequest } from "./tool-request.ts";
import type { ToolRequest } from "./tool-request.ts";

const noFacts: Facts = {};

export interface ExecuteInput {
  readonly task_id: string;
  readonly tool_name: string;
  readonly args?: JsonObject;
}

/**
 * Runs a tool for the holder of a task, and answers only what is recorded. A tool that may write is an action: intent,
 * run, judge what was observed, outcome. A tool that only reads has one record, of its outcome.
 */
export async function executeTool(
  context: ServerContext,
  caller: Caller,
  input: ExecuteInput,
  phaseToken: string | null,
): Promise<JsonObject> {
  const request = await readToolRequest(context, caller, "execute", input, phaseToken);
  const { task, workflow, decision } = await context.tasks.preview(request.task.id, caller, request.command, noFacts);
  if (decision.effect === "deny") return deny(context, caller, request);
  try {
    return await context.leases.during(task, workflow, () => run(context, caller, request, { task, workflow }));
  } catch (error) {
    // Its intent may be in the ledger, and its end not.
    if (error instanceof PhasegateError && error.code === "ledger_unavailable") {
      context.openIntents.suspect(request.task.id);
    }
    throw error;
  }
}

async function run(
  context: ServerContext,
  caller: Caller,
  request: ToolRequest,
  { task, workflow }: { readonly task: TaskState; readonly workflow: CompiledWorkflow },
): Promise<JsonObject> {
  if (request.definition.effect === "write" || request.definition.name === "run_tests") {
    await context.runner.requireSpace();
  }
  if (request.definition.name === "run_tests") {
    const ran = await runTests(context, caller, request, { task, workflow });
    return answer(await settle(context, caller, request, null, ran, null), ran);
  }
  const call = toolCall(context, caller, request, task, workflow);
  return request.definition.effect === "read"
    ? runReading(context, caller, request, call)
    : runWriting(context, caller, request, call);
}

function toolCall(
  context: ServerContext,
  caller: Caller,
  request: ToolRequest,
  task: TaskState,
  workflow: CompiledWorkflow,
): ToolCall {
  const phase = workflow.phases.get(task.phase);
  if (!phase) throw new PhasegateError("internal_error", "the task is in a phase that its workflow does not have");
  const onWorkspace = phase.mayWrite || request.definition.name !== "bash";
  return {
    task: workspaceKey(context, task, workflow),
    epoch: request.command.token.epoch,
    toolName: request.definition.name,
    args: request.args,
    on: onWorkspace ? "workspace" : "throwaway",
    network: phase.bash.network,
    timeoutSeconds: phase.bash.timeoutSeconds,
    entryTree: task.entryTree,
    baseTree: task.baseTree,
    signal: caller.signal,
  };
}

async function deny(context: ServerContext, caller: Caller, request: ToolRequest): Promise<never> {
  const { decision } = await context.tasks.decide({
    taskId: request.task.id,
    caller,
    command: request.command,
    facts: noFacts,
    payloads: request.payloads,
  });
  const reason = decision.reasons[0];
  // The state moved between the two looks; what would have been refused is now permitted, but nothing has run.
  if (!reason)
    throw new PhasegateError("version_conflict", "the task changed meanwhile", { hint: "send the call again" });
  throw PhasegateError.fromReason(reason);
}

async function runReading(
  context: ServerContext,
  caller: Caller,
  request: ToolRequest,
  call: ToolCall,
): Promise<JsonObject> {
  const outcome = await traced(context, call, () => context.runner.read(call));
  const settled = await settle(context, caller, request, null, outcome, null);
  return answer(settled, outcome, notSearchedWarnings(outcome.result));
}

function traced<Result>(context: ServerContext, call: ToolCall, work: () => Promise<Result>): Promise<Result> {
  const attributes = { "phasegate.task_id": call.task.taskId, "phasegate.tool": call.toolName };
  return context.tracing.span("tool run", { attributes }, work);
}

async function runWriting(
  context: ServerContext,
  caller: Caller,
  request: ToolRequest,
  call: ToolCall,
): Promise<JsonObject> {
  const { taskId } = call.task;
  const started = await context.tasks.decide({
    taskId,
    caller,
    command: request.command,
    facts: noFacts,
    payloads: request.payloads,
  });
  const refusal = started.decision.reasons[0];
  if (started.decision.effect === "deny" && refusal) throw PhasegateError.fromReason(refusal);
  const intent = started.events.find((event) => event.type === "tool.started");
  if (!intent) throw new PhasegateError("internal_error", "a permitted call left no intent");
  const needed = (changes: Observation["changes"]): readonly string[] =>
    contentsNeeded(started.task, started.workflow, changes);
  // Set from within the runner's lock; a plain variable would look untouched to the compiler.
  const recorded: { settled: Decided | null } = { settled: null };
  let acted: ActOutcome;
  try {
    const judges: ActJudges = {
      contentsNeeded: needed,
      changedOutside: (observation) => judgeOutsideChange(context, caller, taskId, observation),
      observed: async (observation, outcome) => {
        // Decided and recorded under the lock: no transition or claim can come between the judgement and the record.
        recorded.settled = await settle(context, caller, request, intent.id, outcome, observation);
        return recorded.settled.decision.rollBack;
      },
    };
    acted = await traced(context, call, () => context.runner.act(call, judges));
  } catch (error) {
    if (!recorded.settled) await closeIntent(context, caller, request, intent, error);
    throw error;
  }
  const settled =
    recorded.settled ?? (await settle(context, caller, request, intent.id, acted.outcome, acted.observation));
  const answered = answer(
    settled,
    acted.outcome,
    [
      ...litterWarnings(acted.litter ?? []),
      ...missingProgramWarnings(acted.outcome.result, started.workflow),
      ...(request.definition.name === "bash"
        ? noNetworkWarnings(acted.outcome.result, started.workflow, started.task.phase)
        : []),
      ...thrownAwayWarnings(acted.outcome.result, started.workflow, started.task.phase),
    ],
    acted.git,
  );
  if (request.definition.name === "git_commit") {
    await completeLastPhase(context, caller, settled.task, request.command.token);
  }
  return answered;
}

/** The runner could not run the call: the intent is closed as failed, so that none stays open. */
async function closeIntent(
  context: ServerContext,
  caller: Caller,
  request: ToolRequest,
  intent: StoredEvent,
  error: unknown,
): Promise<void> {
  const coded = systemFault(error) ?? error;
  const code = coded instanceof PhasegateError ? coded.code : "internal_error";
  const message = coded instanceof PhasegateError ? coded.message : "the runner failed";
  await settle(
    context,
    caller,
    request,
    intent.id,
    { status: "failed", code, message, result: null, durationMs: 0 },
    null,
  );
}

function settleCommand(
  request: ToolRequest,
  callId: EventId | null,
  outcome: ToolOutcome,
  observation: Observation | null,
  result: KeptPayload | null,
): SettleTool {
  return {
    type: "settle_tool",
    callId,
    token: request.command.token,
    toolName: request.command.toolName,
    argsDigest: request.command.argsDigest,
    resultDigest: result?.digest ?? null,
    success: outcome.status === "completed",
    error: outcome.status === "failed" ? outcome.message : null,
    durationMs: Math.round(outcome.durationMs * 1_000) / 1_000,
    treeBefore: observation?.treeBefore ?? null,
    treeAfter: observation?.treeAfter ?? null,
    changes: observation?.changes ?? [],
    contents: observation?.contents ?? {},
    entryChanges: observation?.entryChanges ?? [],
    unsupported: observation?.unsupported ?? [],
    commit: outcome.status === "completed" ? (outcome.commit ?? null) : null,
  };
}

function settle(
  context: ServerContext,
  caller: Caller,
  request: ToolRequest,
  callId: EventId | null,
  outcome: ToolOutcome,
  observation: Observation | null,
): Promise<Decided> {
  const payloads = callId === null ? [...request.payloads] : [];
  const result = outcome.result ? payloadOf(outcome.result) : null;
  if (result) payloads.push(result);
  return context.tasks.decide({
    taskId: request.task.id,
    caller,
    command: settleCommand(request, callId, outcome, observation, result),
    facts: noFacts,
    payloads,
  });
}

function answer(
  settled: Decided,
  outcome: ToolOutcome,
  warnings: readonly string[] = [],
  git?: ActOutcome["git"],
): JsonObject {
  const { decision } = settled;
  const reason = decision.reasons[0];
  if (decision.effect === "deny" && reason) throw refusal(withGitHint(reason, git), outcome, decision);
  if (outcome.status === "failed") throw failure(withGitHint(outcome, git), decision);
  return {
    result: outcome.result,
    logged: true,
    event_id: settled.events.at(-1)?.id ?? "",
    warnings: [...warningTexts(decision), ...warnings],
  };
}

/** What was written where nothing counts would look like work that was kept. */
function litterWarnings(litter: readonly string[]): string[] {
  if (litter.length === 0) return [];
  return [
    `no phase may write ${quoteList(litter)}: it stays in the workspace, but is in no tree, test run or commit; ` +
      "write below a path that a phase may write, or below `/tmp`, which a sandboxed command has for itself, until it ends",
  ];
}

/** What the tool itself said no to; a refusal of the runner keeps its own code and text. */
function failure(outcome: ToolOutcome & { status: "failed" }, decision: Decision): PhasegateError {
  const extras = {
    ...reasonExtras({
      code: outcome.code,
      message: outcome.message,
      ...(outcome.hint ? { hint: outcome.hint } : {}),
    }),
    ...partialResult(outcome, decision),
  };
  const message = outcome.code === "tool_failed" ? `Tool execution failed: ${outcome.message}` : outcome.message;
  return new PhasegateError(outcome.code, message, extras);
}

const gitAfter: Readonly<Record<NonNullable<ActOutcome["git"]>, string>> = {
  put_back: "`.git` was put back too, whatever the command printed: refs, stash and index are as before the call",
  left: "`.git` is as the call left it: `git status` and `git log` tell, `git reset` mends its index",
  made_anew: "`.git` was made anew, on the base: the commits, branches and stash that it kept are gone",
};

/** The files are as before; what became of what git noted of them is told. */
function withGitHint<Told extends { readonly hint?: string }>(told: Told, git: ActOutcome["git"]): Told {
  if (git === undefined) return told;
  return { ...told, hint: told.hint === undefined ? gitAfter[git] : `${told.hint}; ${gitAfter[git]}` };
}

/** A denial of what a tool did, with what the tool printed. */
function refusal(reason: Reason, outcome: ToolOutcome, decision: Decision): PhasegateError {
  const extras = { ...reasonExtras(reason), ...partialResult(outcome, decision) };
  return new PhasegateError(reason.code, reason.message, extras);
}

/** What was printed until a command was ended or its changes were put back, and what became of those. */
function partialResult(outcome: ToolOutcome, decision: Decision): { readonly result?: JsonObject } {
  if (outcome.result?.["stdout"] === undefined) return {};
  const changed = outcome.result["changed_paths"];
  const wasChanged = Array.isArray(changed) && changed.length > 0;
  const tree = decision.rollBack === "all" ? "rolled_back" : wasChanged ? "kept" : "unchanged";
  return { result: { ...outcome.result, tree } };
}

export function warningTexts(decision: Decision): string[] {
  return decision.warnings.map((warning) => warning.message);
}
