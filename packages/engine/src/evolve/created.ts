import { parseId, type TaskId, type TreeDigest, type WorkflowDigest } from "@phasegate/wire";
import type { TaskState } from "../task-state.ts";
import { impossible } from "./assertions.ts";
import type { TaskEventOf } from "./task-event.ts";

/** The task as its first event leaves it: unheld, in the first phase, entry 1, epoch 0. */
export function onCreated(event: TaskEventOf<"task.created">): TaskState {
  const { data } = event;
  const id = parseId("task", event.stream.slice("task/".length));
  if (!id || !event.stream.startsWith("task/")) throw impossible(event, "stands in a stream of no task");
  return {
    id,
    version: event.version,
    title: data.title,
    description: data.description,
    priority: data.priority,
    capabilities: data.capabilities,
    labels: data.labels,
    dependencies: data.dependencies as TaskId[],
    workflow: { name: data.workflow.name, digest: data.workflow.digest as WorkflowDigest },
    base: data.base,
    status: data.waiting ? "waiting" : "ready",
    phase: data.phase,
    entry: 1,
    epoch: 0,
    assurance: null,
    holder: null,
    entryTree: data.tree as TreeDigest,
    baseTree: data.tree as TreeDigest,
    freezes: [],
    artifacts: {},
    openCalls: [],
    pendingTransition: null,
    lastTransition: null,
    overrides: [],
    overridden: false,
    selfReported: false,
    blockers: [],
    authors: [],
    authorOwners: [],
    evidence: [],
    failures: [],
    failuresForgotten: 0,
    redIdentities: [],
    redsEver: [],
    passedEarlier: [],
    approvals: [],
    reviews: [],
    findings: [],
    syncedAt: null,
    gateVisits: [],
    history: [{ phase: data.phase, entry: 1, enteredAt: event.at, leftAt: null }],
    workedSince: null,
    timedOut: false,
    triggers: [],
    spawnedBy: data.spawned_by ? { taskId: data.spawned_by.task_id as TaskId, depth: data.spawned_by.depth } : null,
    spawned: [],
    createdAt: event.at,
    endedReason: null,
  };
}
