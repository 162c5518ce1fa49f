import { contentsNeeded } from "@phasegate/engine";
import type { CallTool, TaskState } from "@phasegate/engine";
import { KeptPayload } from "@phasegate/ledger";
import type { ResolvedPath } from "@phasegate/runner";
import { PhasegateError } from "@phasegate/wire";
import type { JsonObject, JsonValue, Reason, TreeChange } from "@phasegate/wire";
import { canonicalToolName, describedArguments, toolOrUnavailable, validateToolArguments } from "@phasegate/workflow";
import type { ToolDefinition } from "@phasegate/workflow";
import type { Caller, ServerContext } from "../context.ts";
import { requireTokenTask } from "../tasks/token-task.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";

/** Bound of one body (arguments, result) in the ledger. */
const maxBodyBytes = 64 * 1024;

/** A tool call as it came in, checked for shape. */
export interface ToolRequest {
  readonly task: TaskState;
  readonly definition: ToolDefinition;
  readonly args: JsonObject;
  readonly command: CallTool;
  readonly payloads: KeptPayload[];
}

/** A body as the ledger keeps it. */
export function payloadOf(value: JsonValue): KeptPayload {
  return KeptPayload.of(value, { maxBytes: maxBodyBytes });
}

/**
 * Reads a tool call: task, token, tool, arguments, paths. What is refused here on an existing task is recorded.
 * Malformed arguments are a 422 only for a tool that the token and the phase permit; else the denial comes first.
 */
export async function readToolRequest(
  context: ServerContext,
  caller: Caller,
  via: CallTool["via"],
  body: { task_id: string; tool_name: string; args?: JsonObject },
  phaseToken: string | null,
): Promise<ToolRequest> {
  const { task, token } = await requireTokenTask(context, caller, body.task_id, phaseToken, `tool ${body.tool_name}`);
  const toolName = canonicalToolName(body.tool_name);
  const definition = toolOrUnavailable(toolName);
  const args = body.args ?? {};
  const kept = payloadOf(args);
  const command = {
    type: "call_tool",
    via,
    token,
    toolName,
    args,
    argsDigest: kept.digest,
    paths: [],
  } as const satisfies CallTool;
  const places = validateToolArguments(definition, args);
  if (places.length > 0) {
    const { decision } = await context.tasks.preview(task.id, caller, { ...command, args: {} }, {});
    const refusedAnyway =
      decision.effect === "deny" && decision.reasons.some((reason) => reason.code !== "invalid_request");
    if (!refusedAnyway) {
      throw new PhasegateError("invalid_request", `the arguments of \`${toolName}\` do not have its shape`, {
        findings: places.map((place) => ({ ...place, place: `/args${place.place}` })),
        hint: describedArguments(definition),
      });
    }
    return { task, definition, args: {}, command: { ...command, args: {} }, payloads: [kept] };
  }
  const paths = await resolveWrittenPaths(context, task, definition, args);
  return { task, definition, args, command: { ...command, paths }, payloads: [kept] };
}

/** Write paths as the runner sees them. One that leads out of the workspace is refused here, for every tool alike. */
async function resolveWrittenPaths(
  context: ServerContext,
  task: TaskState,
  definition: ToolDefinition,
  args: JsonObject,
): Promise<CallTool["paths"]> {
  const workflow = await context.tasks.workflowOf(task);
  const key = workspaceKey(context, task, workflow);
  const resolved: CallTool["paths"][number][] = [];
  for (const asked of definition.pathsWritten(args)) {
    const path = toPath(asked, await context.runner.resolvePath(key, asked));
    const looksInside = contentsNeeded(task, workflow, [{ ...unread, path: path.path }]).length > 0;
    const foreseen =
      looksInside && !path.refusal ? await context.runner.foreseeWrite(key, { toolName: definition.name, args }) : null;
    const tells = foreseen !== null && !(await putsBack(context, task, foreseen.change));
    resolved.push(tells ? { ...path, foreseen } : path);
  }
  return resolved;
}

/** A change of which nothing but the path is known. */
const unread = { kind: "modified", before: null, after: null } as const;

/** The entry content of a path may always come back, whatever stands there now. */
async function putsBack(context: ServerContext, task: TaskState, { path, after }: TreeChange): Promise<boolean> {
  const entries = await context.runner.readTree(task.entryTree);
  return entries.some((entry) => entry.path === path && entry.content === after?.content);
}

function toPath(asked: string, resolved: ResolvedPath): { path: string; exists: boolean; refusal?: Reason } {
  if (resolved.status === "inside") return { path: resolved.path, exists: resolved.exists };
  return {
    path: asked,
    exists: false,
    refusal: {
      code: resolved.code,
      message: resolved.message,
      hint: "name a path relative to the workspace, or absolute and inside it",
    },
  };
}
