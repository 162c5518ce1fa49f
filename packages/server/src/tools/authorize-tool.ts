import { PhasegateError, parseId } from "@phasegate/wire";
import type { Decision } from "@phasegate/engine";
import type { JsonObject, JsonValue, Reason } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";
import { payloadOf, readToolRequest } from "./tool-request.ts";
import type { ExecuteInput } from "./execute-tool.ts";
import { warningTexts } from "./execute-tool.ts";
import { findVisibleTask } from "../tasks/access.ts";

/** Decides a call that the agent makes with its own tool. One append, whatever the answer. */
export async function authorizeTool(
  context: ServerContext,
  caller: Caller,
  input: ExecuteInput,
  phaseToken: string | null,
): Promise<RouteAnswer> {
  const request = await readToolRequest(context, caller, "authorize", input, phaseToken);
  const { decision, task, workflow } = await context.tasks.decide({
    taskId: request.task.id,
    caller,
    command: request.command,
    facts: {},
    payloads: request.payloads,
    answer: (decided) => (tokenRefusal(decided.decision) ? null : answer(decided.decision)),
  });
  const refusal = tokenRefusal(decision);
  if (refusal) throw PhasegateError.fromReason(refusal);
  if (decision.effect === "allow") void context.leases.extend(task, workflow);
  return answer(decision);
}

/** A dead token is a problem, not an answer to the question. */
function tokenRefusal(decision: Decision): Reason | null {
  const first = decision.reasons[0];
  return first?.code.startsWith("token_") ? first : null;
}

function answer(decision: Decision): RouteAnswer {
  const first = decision.reasons[0];
  const body = {
    effect: decision.effect === "allow" ? "allow" : "deny",
    reasons: decision.reasons.map(({ next: _next, ...reason }) => ({ ...reason })),
    rule: first?.rule ?? null,
    next: first?.next ? { ...first.next } : null,
    event_id: decision.events.at(-1)?.id ?? "",
    warnings: warningTexts(decision),
  };
  return { status: 200, body };
}

export interface RecordInput {
  readonly event_id: string;
  readonly result?: unknown;
  readonly success: boolean;
  readonly duration_ms?: number;
  readonly error?: string;
}

/** Records how an authorized call went, as its agent tells it. */
export async function recordTool(context: ServerContext, caller: Caller, input: RecordInput): Promise<JsonObject> {
  const callId = parseId("event", input.event_id);
  const event = callId ? await context.ledger.getEvent(callId) : null;
  if (!callId || !event?.stream.startsWith("task/")) throw unknownCall(input.event_id);
  const task = await findVisibleTask(context, caller, event.stream.slice("task/".length));
  if (!task) throw unknownCall(input.event_id);
  const kept = payloadOf((input.result ?? null) as JsonValue);
  const { decision, events } = await context.tasks.decide({
    taskId: task.id,
    caller,
    command: {
      type: "record_tool",
      callId,
      success: input.success,
      error: input.error ?? null,
      resultDigest: input.result === undefined ? null : kept.digest,
      durationMs: input.duration_ms ?? 0,
    },
    facts: {},
    payloads: [kept],
  });
  const reason = decision.reasons[0];
  if (decision.effect !== "allow" && reason) throw PhasegateError.fromReason(reason);
  return { event_id: events.at(-1)?.id ?? input.event_id };
}

function unknownCall(eventId: string): PhasegateError {
  return new PhasegateError("unknown_call", `no open call \`${eventId}\``, {
    hint: "send the `event_id` that `POST /tools/authorize` answered",
  });
}
