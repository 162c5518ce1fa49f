import { type ClaimTask, reviewedTask, type TaskState } from "@phasegate/engine";
import { lowerAssurance, PhasegateError } from "@phasegate/wire";
import type { AssuranceLevel, TaskId } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import { misnamed } from "../auth/names.ts";
import type { Caller, ServerContext } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";
import { serverCaller } from "../server-caller.ts";
import { authorsOf } from "../transitions/transition-facts.ts";
import { createTask } from "./create-task.ts";
import { refuseHoarding } from "./held-tasks.ts";
import { tokenMint } from "./mint.ts";
import { findTask, maySee } from "./access.ts";
import { statusOf } from "./task-status.ts";
import { workspaceKey } from "./workspace-key.ts";

export interface ClaimInput {
  readonly agent_id: string;
  readonly capabilities?: readonly string[];
  readonly task_id?: string;
  /** What a host's hooks give; else the runner does the work. */
  readonly assurance?: AssuranceLevel;
}

/** Offers looked at in one claim before it answers that there is none; losers of a race move down the list. */
const offersPerRound = 16;
const maxRounds = 8;

/** Gives the caller one ready task, the best that it can do: highest priority, then oldest. */
export async function claimTask(context: ServerContext, caller: Caller, input: ClaimInput): Promise<RouteAnswer> {
  refuseMisnamed(caller, input.agent_id);
  if (!context.keys.agentNameAllowed(caller.principal, input.agent_id)) {
    throw new PhasegateError(
      "agent_id_mismatch",
      `\`${input.agent_id}\` is the name of another principal, or reads like it`,
      {
        hint: "claim under your own name, or one that nobody has",
      },
    );
  }
  await context.runner.requireSpace();
  const held = await refuseHoarding(context, caller, input);
  if (input.task_id !== undefined) return claimNamed(context, caller, input, input.task_id);
  const refused = new Set<TaskId>();
  for (let round = 0; round < maxRounds; round += 1) {
    const offers = await context.ledger.offerTasks({
      capabilities: input.capabilities ?? [],
      limit: offersPerRound + refused.size,
    });
    const fresh = offers.filter((id) => !refused.has(id));
    if (fresh.length === 0) break;
    for (const id of fresh) {
      const claimed = await tryClaim(context, caller, input, id);
      if (claimed) return claimed;
      refused.add(id);
    }
  }
  if (!context.config.tasks.ad_hoc_claims) {
    throw new PhasegateError("no_claimable_task", "no ready task fits this agent", {
      hint: held
        ? `you hold \`${held}\`: claim it by its \`task_id\` to go on with it, or ask again later`
        : "ask again later; an operator adds tasks with `phasegate task add`",
    });
  }
  const task = await createTask(context, caller, { title: `Ad-hoc task of ${input.agent_id}` }, { adHoc: true });
  return claimNamed(context, caller, input, task.id);
}

/** A principal's own name is its own, whatever it is. */
function refuseMisnamed({ principal }: Caller, agentId: string): void {
  const message = agentId === principal.name || agentId === principal.id ? null : misnamed(agentId, "agent");
  if (message === null) return;
  throw new PhasegateError("invalid_request", `\`agent_id\` ${message}`, {
    findings: [{ place: "/agent_id", message }],
    hint: "name the agent in letters and digits; no word that stands for the server or for people",
  });
}

async function claimNamed(
  context: ServerContext,
  caller: Caller,
  input: ClaimInput,
  text: string,
): Promise<RouteAnswer> {
  const task = await findTask(context, text);
  if (!task) throw notClaimable(text);
  if (!maySee(caller, task)) await requireOnOffer(context, caller, input, task);
  const decided = await decideClaim(context, caller, input, task, true);
  const reason = decided.decision.reasons[0];
  // Somebody was faster: who that is concerns none but those who may see the task.
  if (reason?.code === "task_not_claimable" && decided.task.holder && !maySee(caller, decided.task)) {
    throw notClaimable(text);
  }
  if (decided.decision.effect !== "allow" && reason) throw PhasegateError.fromReason(reason);
  return answerClaim(context, decided.task, decided.workflow, decided.tokenId);
}

/**
 * A ready task is on offer to every agent, which may then be told what a claim of it lacks. Any other that the caller may
 * not see is refused, before anything is recorded, with the words for an id of no task.
 */
async function requireOnOffer(
  context: ServerContext,
  caller: Caller,
  input: ClaimInput,
  task: TaskState,
): Promise<void> {
  const facts = await claimFacts(context, task);
  const isOpen = task.holder === null && facts.dependencies.every(({ status }) => status === "completed");
  const { decision } = await context.tasks.preview(task.id, caller, claimCommand(context, input, true), facts);
  const isForAgents = decision.reasons.every(({ code }) => code !== "forbidden");
  if (!isOpen || !isForAgents || (task.status !== "ready" && decision.effect !== "allow")) throw notClaimable(task.id);
}

function notClaimable(text: string): PhasegateError {
  return new PhasegateError("unknown_task", `no task \`${text}\` is on offer`, {
    hint: "claim without `task_id` to get the best that is ready; one that is held, waits for others or has ended is not offered",
  });
}

async function tryClaim(
  context: ServerContext,
  caller: Caller,
  input: ClaimInput,
  taskId: TaskId,
): Promise<RouteAnswer | null> {
  const task = await context.tasks.load(taskId);
  if (!task || task.holder || (task.status !== "ready" && task.status !== "waiting")) return null;
  const workflow = await context.tasks.workflowOf(task);
  const command = claimCommand(context, input, false);
  const looked = await context.tasks.preview(taskId, caller, command, await claimFacts(context, task));
  if (looked.decision.effect !== "allow") {
    const reason = looked.decision.reasons[0];
    if (reason?.code === "assurance_insufficient") throw PhasegateError.fromReason(reason);
    return null;
  }
  const decided = await decideClaim(context, caller, input, task, false);
  if (decided.decision.effect !== "allow") return null;
  return answerClaim(context, decided.task, workflow, decided.tokenId);
}

async function decideClaim(context: ServerContext, caller: Caller, input: ClaimInput, task: TaskState, named: boolean) {
  const command = claimCommand(context, input, named);
  const lease = context.leases.forClaim(await context.tasks.workflowOf(task));
  const decided = await context.tasks.decide({
    taskId: task.id,
    caller,
    command,
    facts: await claimFacts(context, task),
    lease: ({ decision, task: after }) => {
      if (decision.effect !== "allow") return undefined;
      return after.status === "awaiting_approval" ? null : { expiresAt: lease.expiresAt };
    },
    agentId: input.agent_id,
  });
  if (decided.decision.effect === "allow") {
    context.leases.note(task.id, { epoch: decided.task.epoch, ...lease });
    // Whatever the last holder left running is of an older epoch and ends before this one's first call.
    await context.runner.fence(task.id, decided.task.epoch);
  }
  return { ...decided, tokenId: command.tokenId };
}

async function claimFacts(context: ServerContext, task: TaskState) {
  const dependencies = await statusOf(context, task.dependencies);
  const id = reviewedTask(task);
  const reviewed = id === null ? null : await context.tasks.load(id);
  if (reviewed === null) return { dependencies };
  const { authorOwners } = reviewed;
  return { dependencies, reviewed: { authors: authorsOf(context, reviewed), authorOwners } };
}

function claimCommand(context: ServerContext, input: ClaimInput, named: boolean): ClaimTask {
  return {
    type: "claim",
    agentId: input.agent_id,
    capabilities: input.capabilities ?? [],
    assurance: lowerAssurance(context.runner.capabilities.assurance, input.assurance ?? "sandboxed"),
    tokenId: context.ids.make("token"),
    named,
  };
}

async function answerClaim(
  context: ServerContext,
  task: TaskState,
  workflow: CompiledWorkflow,
  tokenId: ClaimTask["tokenId"],
): Promise<RouteAnswer> {
  const workspace = await openWorkspace(context, task, workflow);
  const leaseExpiresAt = await context.leases.extend(task, workflow);
  const body = {
    task: {
      id: task.id,
      agent_id: task.holder?.agentId ?? "",
      capabilities: [...task.capabilities],
      assigned_phase: task.phase,
      title: task.title,
      description: task.description,
      status: task.status,
      workflow: task.workflow.name,
      priority: task.priority,
      labels: [...task.labels],
    },
    phase_token: null,
    phase: task.phase,
    lease_expires_at: new Date(leaseExpiresAt).toISOString(),
    workspace: { path: workspace.path, mode: workspace.mode },
  };
  return { status: 200, body, mint: tokenMint(task, workflow, tokenId, "phase_token") };
}

/** A task whose workspace cannot be made is not kept by someone who cannot work in it. */
async function openWorkspace(context: ServerContext, task: TaskState, workflow: CompiledWorkflow) {
  try {
    return await context.runner.openWorkspace(workspaceKey(context, task, workflow));
  } catch (error) {
    await context.tasks.decide({
      taskId: task.id,
      caller: serverCaller(),
      command: { type: "reassign", reason: "the workspace could not be prepared" },
      facts: {},
      lease: null,
    });
    if (error instanceof PhasegateError) throw error;
    throw new PhasegateError("workspace_unavailable", "the workspace could not be prepared", {}, { cause: error });
  }
}
