import { missingApprovals, replacedArtifacts, type TaskState } from "@phasegate/engine";
import type { CompiledPhase, CompiledWorkflow } from "@phasegate/workflow";
import { isTerminal, replaceUnprintable } from "@phasegate/wire";
import { blockerTexts } from "./snapshot.ts";

const maxBytes = 1_000;

/** Where the task stands, in Markdown under 1 kB: phase, may, may not, what the gate lacks, the next call. */
export function writeBrief(task: TaskState, workflow: CompiledWorkflow): string {
  const phase = workflow.phases.get(task.phase);
  const title = escaped(short(task.title, 120));
  if (!phase) return `# ${title}\n`;
  const standing = `**Phase ${phase.id}** of ${[...workflow.phases.keys()].join(" > ")}; status ${task.status}.`;
  if (isTerminal(task.status)) {
    return cut([`# ${title}`, standing, "The task has ended. **Next:** claim another."].join("\n"));
  }
  const lines = [
    `# ${title}`,
    standing,
    `**May use:** ${phase.allowedTools.join(", ") || "no tools"}.`,
    phase.mayWrite
      ? `**May change:** ${phase.writePatterns.join(", ")}. Nothing else.`
      : "**May change:** nothing. Commands run on a copy.",
    ...artifactLines(task, phase),
    ...waitingLines(task),
    ...replacedArtifacts(task).map(({ message }) => `- note: ${short(message, 200)}`),
    ...blockerTexts(task).map((text) => `- lacks: ${short(text, 160)}`),
    `**Next:** ${nextLine(task, phase)}`,
  ];
  return cut(lines.join("\n"));
}

function waitingLines(task: TaskState): string[] {
  const open = task.approvals.filter((approval) => approval.status === "requested" && approval.entry === task.entry);
  return open.map((approval) => `**Waits for** ${missingApprovals(approval)}: gate ${approval.gate}.`);
}

function artifactLines(task: TaskState, phase: CompiledPhase): string[] {
  const missing = phase.artifacts.filter((artifact) => artifact.required && !task.artifacts[artifact.type]);
  return missing.length === 0
    ? []
    : [`**Artifacts to submit:** ${missing.map((artifact) => artifact.type).join(", ")}.`];
}

function nextLine({ pendingTransition: pending }: TaskState, phase: CompiledPhase): string {
  if (pending) return `wait for the answer, or withdraw the request: DELETE /api/v1/operations/${pending.operationId}.`;
  const targets = phase.exits.map((exit) =>
    exit.to === null ? "complete" : `${exit.to}${exit.kind === "rework" ? " (rework)" : ""}`,
  );
  return targets.length === 0 ? "no way leads on." : `transition to ${targets.join(" or ")}.`;
}

/** What others typed, in one line: it must not add a line that reads like one of the server's. */
function short(text: string, length: number): string {
  const line = replaceUnprintable(text, () => " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

/** Text that Markdown shows as it is. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>#~|]/g, "\\$&");
}

function cut(text: string): string {
  let kept = text;
  while (Buffer.byteLength(kept) > maxBytes) kept = `${kept.slice(0, Math.floor(kept.length * 0.9))}…`;
  return kept;
}
