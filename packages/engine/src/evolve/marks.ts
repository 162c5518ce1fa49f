import type { BlockerId, Digest, TreeDigest } from "@phasegate/wire";
import type { FreezeState, TaskState, TestNamesState } from "../task-state.ts";
import type { TaskEventOf } from "./task-event.ts";

export function onArtifact(task: TaskState, event: TaskEventOf<"artifact.submitted">): TaskState {
  const { data } = event;
  const known = task.artifacts[data.artifact_type];
  const submitted = {
    digest: data.digest as Digest,
    phase: data.phase,
    entry: data.entry,
    by: event.principal,
    approved: known && known.digest === data.digest ? known.approved : null,
    replaced: data.replaces ? { digest: data.replaces.digest as Digest, phase: data.replaces.phase } : null,
  };
  return { ...task, artifacts: { ...task.artifacts, [data.artifact_type]: submitted } };
}

/** Overrides of earlier entries fall away: they can never be in force again. */
export function onOverridden(task: TaskState, event: TaskEventOf<"task.overridden">): TaskState {
  const { data } = event;
  const override = {
    gate: data.gate,
    entry: data.entry,
    expiresAt: data.expires_at,
    principal: event.principal,
    reason: data.reason,
  };
  return {
    ...task,
    overridden: true,
    overrides: [...task.overrides.filter((one) => one.entry === task.entry && one.gate !== data.gate), override],
  };
}

export function onSynced(task: TaskState, event: TaskEventOf<"task.synced">): TaskState {
  const { data } = event;
  return {
    ...task,
    base: data.base,
    baseTree: data.base_tree as TreeDigest,
    syncedAt: event.at,
    entryTree: data.entry_tree as TreeDigest,
    freezes: data.freezes as FreezeState[],
    redIdentities: data.red === undefined ? task.redIdentities : (data.red as TestNamesState[]),
  };
}

export function onBlockerRecorded(task: TaskState, event: TaskEventOf<"blocker.recorded">): TaskState {
  const { data } = event;
  const blocker = {
    id: data.blocker_id as BlockerId,
    text: data.text,
    waitsFor: data.waits_for,
    resolved: false,
    recordedBy: event.principal,
  };
  return { ...task, blockers: [...task.blockers, blocker] };
}

export function onBlockerResolved(task: TaskState, event: TaskEventOf<"blocker.resolved">): TaskState {
  const blockers = task.blockers.map((blocker) =>
    blocker.id === event.data.blocker_id ? { ...blocker, resolved: true } : blocker,
  );
  return { ...task, blockers };
}
