import { triggersOf } from "@phasegate/engine";
import { redactPayload } from "@phasegate/ledger";
import { digestJson, type JsonObject } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";
import { done, failed, type TriggerOutcome, type TriggerSubject } from "./outcome.ts";
import { spawnReviews, spawnTask } from "./spawn.ts";

/** Bound of a command's output in the ledger. */
const maxOutputBytes = 64 * 1024;
const defaultCommandSeconds = 600;
const maxCommandSeconds = 3_600;
/** Commands of all triggers share this part of the runner, half of its places at most: gates keep the rest. */
const commandOwner = "triggers";

/**
 * Does what one trigger asks for. What it cannot do however often it is tried is answered as `failed`; what may go better
 * the next time throws. Notifications are made by the engine when the outcome is recorded.
 */
export async function carryOut(context: ServerContext, subject: TriggerSubject): Promise<TriggerOutcome> {
  const { task, trigger } = subject;
  const workflow = await context.tasks.workflowOf(task);
  const asked = triggersOf(workflow, trigger.from, trigger.to)[trigger.index];
  if (asked?.action !== trigger.action) return failed("the workflow has no such trigger");
  const { params } = asked;
  switch (trigger.action) {
    case "notify_human":
    case "notify_orchestrator":
    case "escalate":
    case "retry":
    case "update_prd_state":
      return done;
    case "webhook":
      return callWebhook(context, params);
    case "command":
      return runCommand(context, subject, workflow, params);
    case "spawn_task":
      return spawnTask(context, subject, params);
    case "spawn_review_agents":
      return spawnReviews(context, subject, workflow, params);
    default:
      return failed(`this version cannot carry out \`${trigger.action}\``);
  }
}

/** Only receivers that the operator configured: a workflow comes from a repository and brings no address of its own. */
function callWebhook({ webhooks }: ServerContext, { name }: JsonObject): TriggerOutcome {
  if (typeof name === "string" && webhooks.has(name)) return done;
  const asked = typeof name === "string" ? `no webhook of the configuration is named \`${name.slice(0, 100)}\`` : null;
  return failed(asked ?? "`params.name` is missing: the name of a webhook of the configuration");
}

/** In the sandbox, on a clean checkout of the tree that was judged; what it writes vanishes. */
async function runCommand(
  context: ServerContext,
  { task, tree, signal }: TriggerSubject,
  workflow: CompiledWorkflow,
  params: JsonObject,
): Promise<TriggerOutcome> {
  const command = params["run"] ?? params["command"];
  if (typeof command !== "string" || command === "") return failed("`params.run` is missing: the command line");
  const asked = params["timeout_seconds"];
  const timeoutSeconds = typeof asked === "number" && asked > 0 ? Math.min(asked, maxCommandSeconds) : null;
  const outcome = await context.runner.runCommand({
    task: workspaceKey(context, task, workflow),
    tree,
    baseTree: task.baseTree,
    command,
    timeoutSeconds: timeoutSeconds ?? defaultCommandSeconds,
    owner: commandOwner,
    signal,
  });
  signal.throwIfAborted();
  const { exitCode, output, timedOut } = outcome;
  const body = redactPayload({ command, exit_code: exitCode, output }, { maxBytes: maxOutputBytes }) as JsonObject;
  const result = { digest: digestJson(body), body };
  if (timedOut)
    return { ...failed(`the command took longer than ${timeoutSeconds ?? defaultCommandSeconds} s`), result };
  return exitCode === 0 ? { ...done, result } : { ...failed(`the command ended with exit code ${exitCode}`), result };
}
