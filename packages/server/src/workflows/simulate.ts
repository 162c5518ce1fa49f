import { setImmediate } from "node:timers/promises";
import { PhasegateError } from "@phasegate/wire";
import type { JsonObject, Reason } from "@phasegate/wire";
import { canonicalToolName, toolOrUnavailable } from "@phasegate/workflow";
import type { CompiledPhase, CompiledWorkflow, Verdict } from "@phasegate/workflow";
import { commandLength } from "../http/command-length.ts";

export interface SimulatedCall {
  readonly phase: string;
  readonly tool_name: string;
  readonly args?: JsonObject;
}

/**
 * What the workflow alone would say to each call: tool list, paths that the call names, command lists. Other requests are
 * answered between two calls.
 */
export async function simulateCalls(
  workflow: CompiledWorkflow,
  calls: readonly SimulatedCall[],
): Promise<JsonObject[]> {
  const verdicts: JsonObject[] = [];
  for (const [index, call] of calls.entries()) {
    if (commandLength(call.args) > 0) await setImmediate();
    const phase = workflow.phases.get(call.phase);
    if (!phase) {
      throw new PhasegateError("invalid_request", `the workflow has no phase \`${call.phase}\``, {
        findings: [
          { place: `/calls/${index}/phase`, message: `the phases are ${[...workflow.phases.keys()].join(", ")}` },
        ],
      });
    }
    const reason = firstDenial(phase, call);
    verdicts.push({
      phase: call.phase,
      tool_name: call.tool_name,
      effect: reason === null ? "allow" : "deny",
      reasons: reason === null ? [] : [reasonJson(reason)],
    });
  }
  return verdicts;
}

function firstDenial(phase: CompiledPhase, call: SimulatedCall): Reason | null {
  const args = call.args ?? {};
  const name = canonicalToolName(call.tool_name);
  const verdicts: Verdict[] = [phase.judgeTool(name)];
  for (const path of toolOrUnavailable(name).pathsWritten(args)) verdicts.push(phase.judgePath(path));
  if (name === "bash" && typeof args["command"] === "string") verdicts.push(phase.judgeCommand(args["command"]));
  for (const verdict of verdicts) if (!verdict.allowed) return verdict.reason;
  return null;
}

function reasonJson({ next: _next, ...reason }: Reason): JsonObject {
  return { ...reason };
}
