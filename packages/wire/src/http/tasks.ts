import { type Static, Type } from "typebox";
import { assuranceLevels, hostAssuranceLevels } from "../assurance.ts";
import { FindingSchema } from "../events/schemas.ts";
import { taskStatuses } from "../status.ts";
import {
  anyText,
  AnyObject,
  bounds,
  closed,
  Count,
  DigestText,
  IdText,
  LabelList,
  NameText,
  nullable,
  pageQuery,
  PhaseTokenText,
  ReasonText,
  text,
  Timestamp,
} from "./bounds.ts";
import { UnreadableFile } from "./unreadable-file.ts";
import { FailuresAnswer } from "./failures-answer.ts";
import { WarningAnswer } from "./warning-answer.ts";

/** `POST /tasks/claim`. Unknown members are ignored: existing agents send more. */
export const ClaimRequest = Type.Object({
  agent_id: text(bounds.id, "The name under which the agent works."),
  capabilities: Type.Optional(LabelList),
  task_id: Type.Optional(IdText),
  assurance: Type.Optional(
    Type.Enum([...hostAssuranceLevels], {
      description: "What holds an agent that works with its own tools: the task reports this, or less.",
    }),
  ),
});
export type ClaimRequest = Static<typeof ClaimRequest>;

export const ClaimAnswer = Type.Object({
  task: Type.Object({
    id: Type.String(),
    agent_id: Type.String(),
    capabilities: Type.Array(Type.String()),
    assigned_phase: Type.String(),
    title: Type.String(),
    description: nullable(Type.String()),
    status: Type.String(),
    workflow: Type.String({ description: "Name of the workflow." }),
    priority: Count,
    labels: Type.Array(Type.String()),
  }),
  phase_token: Type.String(),
  phase: Type.String(),
  expires_at: Timestamp,
  lease_expires_at: Timestamp,
  workspace: Type.Object({ path: Type.String(), mode: Type.String() }),
});
export type ClaimAnswer = Static<typeof ClaimAnswer>;

/** `POST /tasks`, by an operator. */
export const CreateTaskRequest = Type.Object(
  {
    title: text(bounds.title),
    description: Type.Optional(anyText(bounds.description)),
    workflow: Type.Optional(text(bounds.name, "Name in the registry, or digest. Default: the server's workflow file.")),
    dependencies: Type.Optional(Type.Array(IdText, { maxItems: bounds.dependencies })),
    priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 9, default: 0, description: "9 goes first." })),
    capabilities: Type.Optional(LabelList),
    labels: Type.Optional(LabelList),
    base: Type.Optional(text(bounds.name, "Branch, tag or commit to start from.")),
  },
  closed,
);
export type CreateTaskRequest = Static<typeof CreateTaskRequest>;

export const PhaseStayAnswer = Type.Object({
  phase: Type.String(),
  entry: Count,
  entered_at: Type.String(),
  left_at: nullable(Type.String()),
});

export const BlockerAnswer = Type.Object({
  id: Type.String(),
  text: Type.String(),
  waits_for: nullable(Type.String()),
  resolved: Type.Boolean(),
});
export type BlockerAnswer = Static<typeof BlockerAnswer>;

export const TriggerAnswer = Type.Object({
  operation_id: Type.String(),
  index: Count,
  action: Type.String(),
  from: Type.String(),
  to: Type.String(),
  entry: Count,
  status: Type.Enum(["pending", "done", "failed"]),
  detail: nullable(Type.String()),
});

/** One task as `GET /tasks/{id}` and every task mutation answer it. */
export const TaskAnswer = Type.Object({
  id: Type.String(),
  title: Type.String(),
  description: nullable(Type.String()),
  status: Type.Enum([...taskStatuses]),
  phase: Type.String(),
  entry: Count,
  epoch: Count,
  assurance: nullable(Type.Enum([...assuranceLevels])),
  /** What was tried at the start of the server whose runner works on the task, and whether it held. */
  guarantees: Type.Array(Type.Object({ name: Type.String(), held: Type.Boolean() })),
  holder: nullable(
    Type.Object({ agent_id: Type.String(), principal: Type.String(), claimed_at: Type.Optional(Type.String()) }),
  ),
  lease_expires_at: nullable(Type.String()),
  workflow: Type.Object({ name: Type.String(), digest: Type.String() }),
  priority: Count,
  capabilities: Type.Array(Type.String()),
  labels: Type.Array(Type.String()),
  dependencies: Type.Array(Type.String()),
  base: Type.Object({ ref: Type.String(), commit: Type.String() }),
  history: Type.Array(PhaseStayAnswer),
  /** Of the last request to leave the phase. */
  findings: Type.Array(FindingSchema),
  /** What the gates that let the task on found; of a phase that was left several times, the last time. */
  warnings: Type.Optional(Type.Array(WarningAnswer)),
  warnings_total: Type.Optional(Count),
  approvals: Type.Array(AnyObject),
  blockers: Type.Array(BlockerAnswer),
  /** What transitions set off, oldest first. A failure is for people to look at; it changes nothing else. */
  triggers: Type.Array(TriggerAnswer),
  spawned_by: nullable(Type.Object({ task_id: Type.String(), depth: Count })),
  spawned: Type.Array(Type.String()),
  overridden: Type.Boolean(),
  self_reported: Type.Boolean(),
  created_at: Type.String(),
  updated_at: Type.Optional(Type.String()),
});
export type TaskAnswer = Static<typeof TaskAnswer>;

/** One row of `GET /tasks`. */
export const TaskSummary = Type.Object({
  id: Type.String(),
  title: Type.String(),
  status: Type.Enum([...taskStatuses]),
  phase: Type.String(),
  entry: Count,
  epoch: Count,
  priority: Count,
  agent_id: nullable(Type.String()),
  workflow: Type.Object({ name: Type.String(), digest: Type.String() }),
  assurance: nullable(Type.Enum([...assuranceLevels])),
  labels: Type.Array(Type.String()),
  capabilities: Type.Array(Type.String()),
  dependencies: Type.Array(Type.String()),
  overridden: Type.Boolean(),
  lease_expires_at: nullable(Type.String()),
  created_at: Type.String(),
  updated_at: Type.String(),
});
export type TaskSummary = Static<typeof TaskSummary>;

export const TaskListQuery = Type.Object(
  {
    status: Type.Optional(Type.Enum([...taskStatuses])),
    phase: Type.Optional(NameText),
    label: Type.Optional(text(bounds.label)),
    agent_id: Type.Optional(IdText),
    ...pageQuery,
  },
  closed,
);
export type TaskListQuery = Static<typeof TaskListQuery>;

export const TaskListAnswer = Type.Object({
  tasks: Type.Array(TaskSummary),
  next_cursor: nullable(Type.String()),
});
export type TaskListAnswer = Static<typeof TaskListAnswer>;

/** Path parameters of everything below `/tasks/{task_id}`. */
export const TaskParams = Type.Object({ task_id: IdText });
export type TaskParams = Static<typeof TaskParams>;

export const BlockerParams = Type.Object({ task_id: IdText, blocker_id: IdText });
export type BlockerParams = Static<typeof BlockerParams>;

/** `POST /tasks/{task_id}/heartbeat` and `/token`; without a token the holder's key speaks for itself. */
export const RenewRequest = Type.Object({ phase_token: Type.Optional(PhaseTokenText) }, closed);
export type RenewRequest = Static<typeof RenewRequest>;

export const RenewAnswer = Type.Object({
  phase_token: Type.String(),
  expires_at: Timestamp,
  lease_expires_at: Timestamp,
});
export type RenewAnswer = Static<typeof RenewAnswer>;

/** `POST /tasks/{task_id}/release` and `/fail`. */
export const EndHoldRequest = Type.Object(
  { phase_token: Type.Optional(PhaseTokenText), reason: Type.Optional(ReasonText) },
  closed,
);
export type EndHoldRequest = Static<typeof EndHoldRequest>;

/** `POST /tasks/{task_id}/cancel`, `/reassign` and `/reopen`, by an operator. */
export const OperatorRequest = Type.Object({ reason: ReasonText }, closed);
export type OperatorRequest = Static<typeof OperatorRequest>;

export const SyncRequest = Type.Object({ reason: Type.Optional(ReasonText), base: Type.Optional(NameText) }, closed);
export type SyncRequest = Static<typeof SyncRequest>;

/** With conflicts nothing was merged, and `hint` says how to go on. */
export const SyncAnswer = Type.Object({
  conflicts: Type.Array(Type.String()),
  entry: Count,
  hint: Type.Optional(Type.String()),
});
export type SyncAnswer = Static<typeof SyncAnswer>;

/** `POST /tasks/{task_id}/override`, by a person with role operator. */
export const OverrideRequest = Type.Object(
  {
    gate: NameText,
    reason: ReasonText,
    expires_in_seconds: Type.Integer({ minimum: 1, maximum: 604_800 }),
  },
  closed,
);
export type OverrideRequest = Static<typeof OverrideRequest>;

export const RecordBlockerRequest = Type.Object(
  { text: ReasonText, waits_for: Type.Optional(NameText), phase_token: Type.Optional(PhaseTokenText) },
  closed,
);
export type RecordBlockerRequest = Static<typeof RecordBlockerRequest>;

export const ResolveBlockerRequest = Type.Object({ phase_token: Type.Optional(PhaseTokenText) }, closed);
export type ResolveBlockerRequest = Static<typeof ResolveBlockerRequest>;

export const ArtifactsAnswer = Type.Object({
  artifacts: Type.Array(
    Type.Object({
      type: Type.String(),
      digest: DigestText,
      phase: Type.String(),
      entry: Count,
      state: Type.Enum(["kept", "erased", "absent"]),
      submitted_by: Type.Optional(Type.String()),
      approved: Type.Optional(nullable(AnyObject)),
      replaces: Type.Optional(nullable(AnyObject)),
      data: Type.Optional(Type.Unknown()),
    }),
  ),
});
export type ArtifactsAnswer = Static<typeof ArtifactsAnswer>;

export const DiffQuery = Type.Object(
  {
    since: Type.Optional(Type.Enum(["entry", "base"])),
    path: Type.Optional(text(4_096, "One file, or a folder with all that is in it.")),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: bounds.pageSize, default: bounds.pageSize, description: "Changed files." }),
    ),
    cursor: pageQuery.cursor,
  },
  closed,
);
export type DiffQuery = Static<typeof DiffQuery>;

export const DiffAnswer = Type.Object({
  since: Type.Enum(["entry", "base"]),
  diff: Type.String(),
  changed_paths: Type.Array(Type.String()),
  changed_paths_total: Type.Integer({ minimum: 0 }),
  /** The text does not show all that changed. */
  truncated: Type.Boolean(),
  next_cursor: Type.Optional(nullable(Type.String())),
  /** Named files whose difference is not shown, or not to its end: ask for each by `path`. */
  cut_paths: Type.Optional(Type.Array(Type.String())),
  unreadable_code: Type.Optional(Type.Array(UnreadableFile)),
});
export type DiffAnswer = Static<typeof DiffAnswer>;

/** Markdown under 1 kB: phase, may, may not, what the gate lacks, the next call. */
export const BriefAnswer = Type.Object({ brief: Type.String({ maxLength: 1_024 }) });
export type BriefAnswer = Static<typeof BriefAnswer>;

export const EvidenceListAnswer = Type.Object({
  evidence: Type.Array(AnyObject),
  /** What failed when all tests ran, newest first: one by tree and failures, also of runs that the list no longer has. */
  failures: Type.Optional(Type.Array(FailuresAnswer)),
  /** Runs with failures that are no longer remembered. */
  failures_forgotten: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type EvidenceListAnswer = Static<typeof EvidenceListAnswer>;
