import type { HttpCall } from "./http-call.ts";
import { type Step, verbOf } from "./step.ts";

/** What of its task a request names. */
export interface TaskFacts {
  readonly taskId: string;
  readonly phase: string;
  readonly shown: { readonly phase_token?: string };
}

/** The HTTP call that a step with everything filled in comes to. */
export function requestOf(step: Step, { taskId, phase, shown }: TaskFacts): HttpCall {
  const execute = (tool_name: string, args: unknown): HttpCall => {
    return { method: "POST", path: "/tools/execute", body: { task_id: taskId, ...shown, tool_name, args } };
  };
  if ("tool" in step) return execute(step.tool, step.args);
  if ("bash" in step) {
    const { bash: command, timeout, cwd } = step;
    return execute("bash", {
      command,
      ...(timeout === undefined ? {} : { timeout }),
      ...(cwd === undefined ? {} : { cwd }),
    });
  }
  if ("write" in step) return execute("write_files", { path: step.write, content: step.content });
  if ("transition" in step) {
    const { transition: target_phase, artifacts = {} } = step;
    const body = { task_id: taskId, ...shown, current_phase: phase, target_phase, artifacts };
    return { method: "POST", path: "/tasks/transition", body };
  }
  if ("complete" in step)
    return { method: "POST", path: `/tasks/${taskId}/complete`, body: { ...shown, artifacts: step.complete } };
  if ("release" in step)
    return { method: "POST", path: `/tasks/${taskId}/release`, body: { ...shown, reason: step.release } };
  if ("review" in step) {
    const { review: verdict, model, findings = [], summary = "does what the plan says, nothing beside it" } = step;
    const body = { verdict, findings, summary, ...(model === undefined ? {} : { model }) };
    return { method: "POST", path: `/reviews/${taskId}`, body };
  }
  if (!("http" in step)) throw new Error(`\`${verbOf(step)}\` is no call`);
  const [method = "GET", path = "/"] = step.http.split(" ");
  const { body, raw, headers } = step;
  return {
    method,
    path,
    body,
    raw: raw as string | undefined,
    headers: headers as Record<string, string | null> | undefined,
  };
}
