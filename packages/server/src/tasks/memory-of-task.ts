import type { TaskState } from "@phasegate/engine";

const bytesOfState = 2_048;
const bytesOfItem = 512;

/** About what a task takes in memory, in bytes: by its lists and its text, for a count of every member costs too much. */
export function memoryOfTask(task: TaskState): number {
  const items =
    task.openCalls.length +
    task.history.length +
    task.evidence.length +
    task.failures.length +
    task.redIdentities.length +
    task.redsEver.length +
    task.passedEarlier.length +
    4 * task.approvals.length +
    task.reviews.length +
    2 * task.findings.length +
    2 * task.gateVisits.reduce((sum, visit) => sum + visit.findings.length, 0) +
    task.blockers.length +
    task.freezes.length +
    task.authors.length +
    task.dependencies.length +
    task.triggers.length +
    task.spawned.length +
    task.labels.length +
    task.capabilities.length;
  return bytesOfState + task.title.length + (task.description?.length ?? 0) + bytesOfItem * items;
}
