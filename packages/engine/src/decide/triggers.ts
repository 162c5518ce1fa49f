import type { EventData, JsonObject, NewEvent, Reason } from "@phasegate/wire";
import { serverPrincipalId } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { Decision, RecordTrigger } from "../commands.ts";
import type { TriggerState } from "../task-state.ts";
import { allow, newEvent, refuse } from "./answer.ts";
import type { Situation } from "./situation.ts";

/** What one transition sets off. */
export interface Trigger {
  readonly action: string;
  readonly params: JsonObject;
}

type Notification = Pick<EventData<"notification.requested">, "audience" | "webhook" | "reason" | "message">;

/** Longest text of a notification. */
const maxMessage = 1_000;
/** Stays in a phase after which `retry` asks for a person, where `max_attempts` does not say. */
const defaultAttempts = 3;

/** The triggers of a transition in their order, and the reviews that the phase which it enters asks for. */
export function triggersOf(workflow: CompiledWorkflow, from: string, to: string): readonly Trigger[] {
  const written = workflow.phases.get(from)?.exits.find((exit) => exit.to === to)?.triggers ?? [];
  const models = workflow.phases.get(to)?.reviewModels ?? [];
  const asked = written.map(({ action, params }) =>
    action === "spawn_review_agents" && !Array.isArray(params["models"])
      ? { action, params: { ...params, models: models.length > 0 ? [...models] : ["general"] } }
      : { action, params },
  );
  const spawns = models.length > 0 && !asked.some(({ action }) => action === "spawn_review_agents");
  return spawns ? [...asked, { action: "spawn_review_agents", params: { models: [...models] } }] : asked;
}

/**
 * Records how a trigger ended, once, with the notification that it asks for. It grants nothing and takes nothing back,
 * whether it succeeded or not, also when the task has ended meanwhile.
 */
export function decideRecordTrigger(situation: Situation, command: RecordTrigger): Decision {
  const { task, workflow, context } = situation;
  if (context.principal.id !== serverPrincipalId) return refuse(situation, command, notYours);
  const trigger = task.triggers.find((one) => one.operationId === command.operationId && one.index === command.index);
  if (trigger?.status !== "pending") return allow([]);
  const { params } = triggersOf(workflow, trigger.from, trigger.to)[trigger.index] ?? { params: {} };
  return allow([
    newEvent(context, "trigger.executed", {
      operation_id: trigger.operationId,
      index: trigger.index,
      action: trigger.action,
      from: trigger.from,
      to: trigger.to,
      entry: trigger.entry,
      params,
      status: command.status,
      detail: command.detail,
      result_digest: command.resultDigest,
      spawned: [...command.spawned],
    }),
    ...(command.status === "done" ? notify(situation, trigger, params) : []),
  ]);
}

function notify(situation: Situation, trigger: TriggerState, params: JsonObject): readonly NewEvent[] {
  const asked = notificationOf(situation, trigger, params);
  if (!asked) return [];
  const { to: phase, entry } = trigger;
  return [newEvent(situation.context, "notification.requested", { ...asked, phase, entry, params })];
}

function notificationOf({ task }: Situation, trigger: TriggerState, params: JsonObject): Notification | null {
  const { message: written, name } = params;
  const moved = `\`${task.title}\` went from \`${trigger.from}\` to \`${trigger.to}\``;
  const message = (typeof written === "string" ? written : moved).slice(0, maxMessage);
  switch (trigger.action) {
    case "notify_human":
      return { audience: "human", webhook: null, reason: "trigger", message };
    case "notify_orchestrator":
      return { audience: "orchestrator", webhook: null, reason: "trigger", message };
    case "escalate":
      return { audience: "human", webhook: null, reason: "escalation", message };
    case "webhook":
      return { audience: "webhook", webhook: typeof name === "string" ? name : "", reason: "trigger", message };
    case "retry":
      return isTriedOut(task.history, trigger, params)
        ? { audience: "human", webhook: null, reason: "escalation", message: `${moved} more often than it may` }
        : null;
    default:
      return null;
  }
}

/** The phase was entered more often than `max_attempts` by now. */
function isTriedOut(
  history: Situation["task"]["history"],
  { to, entry }: TriggerState,
  { max_attempts: asked }: JsonObject,
): boolean {
  const stays = history.filter((stay) => stay.phase === to && stay.entry <= entry).length;
  return stays > (typeof asked === "number" ? asked : defaultAttempts);
}

const notYours: Reason = {
  code: "forbidden",
  message: "only the server says how a trigger ended",
  hint: "read the task's `triggers`",
};
