import type { TaskAnswer } from "@phasegate/wire";
import { printable, type Io } from "../io.ts";
import { styled } from "./colour.ts";
import { printFields, printTable } from "./table.ts";
import { underlineRule } from "./underline.ts";
import { printWarnings } from "./warnings.ts";

/** One task for people: what it is, where it stands, what stands against it, where it has been. */
export function printTask(io: Io, task: TaskAnswer): void {
  printFields(io, [
    ["task", task.id],
    ["title", task.title],
    ["status", task.overridden ? `${task.status} (overridden)` : task.status],
    ["phase", `${task.phase}, entry ${task.entry}`],
    ["holder", task.holder?.agent_id],
    ["lease until", task.lease_expires_at],
    ["assurance", task.assurance],
    ["workflow", `${task.workflow.name} (${task.workflow.digest})`],
    ["base", `${task.base.ref} (${task.base.commit.slice(0, 12)})`],
    ["depends on", task.dependencies],
    ["labels", task.labels],
    ...(task.spawned_by ? [["made by", `a trigger of ${task.spawned_by.task_id}`] as const] : []),
    ...(task.spawned.length > 0 ? [["made", task.spawned] as const] : []),
  ]);
  printApprovals(io, task);
  printFindings(io, task);
  printTriggers(io, task);
  if (task.history.length > 0) {
    io.out("");
    printTable(
      io,
      ["entry", "phase", "entered", "left"],
      task.history.map((stay) => [stay.entry, stay.phase, stay.entered_at, stay.left_at]),
    );
  }
}

/** What stands against the task, each finding with the line of its rule, then what earlier gates found and let pass. */
export function printFindings(
  io: Io,
  task: Pick<TaskAnswer, "findings" | "blockers" | "warnings" | "warnings_total">,
): void {
  for (const { check, severity, message, rule } of task.findings) {
    io.out(
      `${styled(io, severity === "blocking" ? "red" : "yellow", severity)}: ${printable(message)} (${printable(check)})`,
    );
    if (rule === null) continue;
    io.out(`  rule: ${printable(rule)}`);
    for (const line of underlineRule(rule, io.cwd)) io.out(line);
  }
  for (const blocker of task.blockers.filter(({ resolved }) => !resolved)) {
    io.out(`${styled(io, "red", "blocker")} ${blocker.id}: ${printable(blocker.text)}`);
  }
  const told = new Set(task.findings.map(({ check, message }) => JSON.stringify([check, message])));
  const all = task.warnings ?? [];
  const others = all.filter(({ check, message }) => !told.has(JSON.stringify([check, message])));
  printWarnings(io, others, (task.warnings_total ?? 0) - (all.length - others.length));
}

/** Each question that is open, with everything that it still lacks. */
function printApprovals(io: Io, task: Pick<TaskAnswer, "approvals">): void {
  for (const { id, gate, waits_for: missing } of task.approvals) {
    if (typeof id !== "string" || typeof gate !== "string" || typeof missing !== "string") continue;
    io.out(`${styled(io, "yellow", "approval")} ${id}: gate ${printable(gate)} waits for ${printable(missing)}`);
  }
}

/** What transitions set off and is not done: under way, or given up with its reason. */
function printTriggers(io: Io, task: Pick<TaskAnswer, "triggers">): void {
  for (const { action, from, to, status, detail } of task.triggers.filter((trigger) => trigger.status !== "done")) {
    const what = `trigger ${printable(action)} of ${printable(from)} -> ${printable(to)}`;
    const word = styled(io, status === "failed" ? "red" : "yellow", status);
    io.out(`${word}: ${what}${detail === null ? "" : `: ${printable(detail)}`}`);
  }
}
