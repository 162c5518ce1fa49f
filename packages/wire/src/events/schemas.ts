import { type Static, type TSchema, Type } from "typebox";
import { assuranceLevels } from "../assurance.ts";
import { evidencePurposes } from "../evidence.ts";
import { principalKinds, principalRoles } from "../principal.ts";

/** What the end of a time limit does. */
export const timeoutActions = ["escalate", "fail", "reopen"] as const;
export type TimeoutAction = (typeof timeoutActions)[number];

// Building blocks. Every string here is bounded where it enters; the ledger stores what the engine made.
const Text = Type.String();
const Count = Type.Integer({ minimum: 0 });
const Digest = Type.String({ pattern: "^sha256:[0-9a-f]{64}$" });
const OptionalDigest = Type.Union([Digest, Type.Null()]);
const Json = Type.Unknown();
const record = <Properties extends Record<string, TSchema>>(properties: Properties): Properties => properties;

export const ReasonSchema = Type.Object({
  code: Text,
  message: Text,
  rule: Type.Optional(Text),
  hint: Type.Optional(Text),
});

export const FindingSchema = Type.Object({
  check: Text,
  severity: Type.Enum(["blocking", "warning", "info"]),
  message: Text,
  source: Type.Enum(["evidence", "artifact", "ledger", "tree", "self_reported"]),
  rule: Type.Union([Text, Type.Null()]),
  evidence_id: Type.Optional(Text),
});

const Base = Type.Object({ ref: Text, commit: Text });
const WorkflowPin = Type.Object({ name: Text, digest: Digest });

/** What one phase fixed when it was left: the rule stays in the workflow, the content in the tree. */
const Freeze = Type.Object({ phase: Text, entry: Count, tree: Digest });

/** Names of tests that the gate of a phase found, as the digest of the payload that lists them. */
const TestNames = Type.Array(Type.Object({ phase: Text, entry: Count, digest: Digest }));

/** Who judged, as the server knew it at that moment. */
const Approver = Type.Object({
  principal: Text,
  /** Of a service: the system that the check `external` names. */
  name: Type.Optional(Text),
  kind: Type.Enum([...principalKinds]),
  roles: Type.Array(Type.Enum([...principalRoles])),
  owner: Type.Union([Text, Type.Null()]),
});

/** What every tool event says of its call. */
const call = record({
  tool_name: Text,
  phase: Text,
  entry: Count,
  epoch: Count,
  args_digest: OptionalDigest,
});
const settled = record({
  ...call,
  /** The `tool.started` that this settles; null for a read-only call, which has one event. */
  call_id: Type.Union([Text, Type.Null()]),
  result_digest: OptionalDigest,
  success: Type.Boolean(),
  error: Type.Union([Text, Type.Null()]),
  duration_ms: Type.Number({ minimum: 0 }),
  /** At most 100; `changed_paths_total` has the true number. */
  changed_paths: Type.Array(Text),
  changed_paths_total: Count,
  tree_before: OptionalDigest,
  tree_after: OptionalDigest,
});

/** The data of each event, by type. One entry here is all that a new event needs. */
export const eventSchemas = {
  "task.created": Type.Object({
    title: Text,
    description: Type.Union([Text, Type.Null()]),
    priority: Count,
    capabilities: Type.Array(Text),
    labels: Type.Array(Text),
    dependencies: Type.Array(Text),
    /** True when at least one dependency was not completed at creation: the task starts `waiting`. */
    waiting: Type.Boolean(),
    workflow: WorkflowPin,
    base: Base,
    phase: Text,
    /** Tree of the base commit; the entry tree of the first phase. */
    tree: Digest,
    ad_hoc: Type.Boolean(),
    /** The task whose trigger made this one, and how many such steps lie between it and a task that people made. */
    spawned_by: Type.Optional(Type.Object({ task_id: Text, depth: Count })),
  }),
  "task.claimed": Type.Object({
    agent_id: Text,
    principal: Text,
    owner: Type.Union([Text, Type.Null()]),
    capabilities: Type.Array(Text),
    phase: Text,
    entry: Count,
    epoch: Count,
    assurance: Type.Enum([...assuranceLevels]),
    /** True when the holder itself came back: same entry, new token. */
    resumed: Type.Boolean(),
    token_id: Text,
  }),
  "task.transitioned": Type.Object({
    from: Text,
    to: Text,
    kind: Type.Enum(["forward", "rework"]),
    operation_id: Text,
    entry: Count,
    epoch: Count,
    /** The tree that was judged; the entry tree of `to`. */
    tree: Digest,
    /** Freezes in force from now on. */
    freezes: Type.Array(Freeze),
    /** Payloads with the red identities (`RedIdentity[]`) in force from now on; absent: none. */
    red: Type.Optional(TestNames),
    /** Payloads with the identities (`string[]`) that passed at earlier gates; absent: none. */
    passed: Type.Optional(TestNames),
    /** The token that the request consumed, and the id of the one minted for the new phase. */
    consumed_token_id: Text,
    token_id: Text,
    /** Actions that jobs of the same commit carry out, in their order; absent: none. */
    triggers: Type.Optional(Type.Array(Text)),
    warnings: Type.Array(FindingSchema),
    self_reported: Type.Boolean(),
    overridden: Type.Boolean(),
  }),
  "task.completed": Type.Object({
    phase: Text,
    epoch: Count,
    tree: OptionalDigest,
    consumed_token_id: Type.Union([Text, Type.Null()]),
    operation_id: Type.Union([Text, Type.Null()]),
    warnings: Type.Array(FindingSchema),
    self_reported: Type.Boolean(),
    overridden: Type.Boolean(),
  }),
  "task.released": Type.Object({ reason: Text, phase: Text, epoch: Count }),
  "task.lease_expired": Type.Object({ phase: Text, epoch: Count, lease_expired_at: Text }),
  "task.failed": Type.Object({ reason: Text, phase: Text, epoch: Count }),
  "task.cancelled": Type.Object({ reason: Text, phase: Text, epoch: Count }),
  "task.reassigned": Type.Object({ reason: Text, phase: Text, epoch: Count }),
  "task.reopened": Type.Object({ reason: Text, phase: Text, entry: Count, epoch: Count }),
  /** The stay in a phase lasted longer than its `timeout_seconds`; events of the same commit do what `action` says. */
  "phase.timed_out": Type.Object({
    phase: Text,
    entry: Count,
    /** When the stay was first worked in. */
    started_at: Text,
    timeout_seconds: Type.Number({ exclusiveMinimum: 0 }),
    action: Type.Enum([...timeoutActions]),
  }),
  /** One trigger of a transition, after its last attempt. A failure changes nothing else. */
  "trigger.executed": Type.Object({
    operation_id: Text,
    /** Position among the triggers of `task.transitioned`, from 0. */
    index: Count,
    action: Text,
    from: Text,
    to: Text,
    entry: Count,
    params: Json,
    status: Type.Enum(["done", "failed"]),
    detail: Type.Union([Text, Type.Null()]),
    /** Of the payload with a command's output. */
    result_digest: OptionalDigest,
    /** Tasks that it made. */
    spawned: Type.Array(Text),
  }),
  /** Somebody should look. Webhooks that take this type are told; with `webhook`, that one only. */
  "notification.requested": Type.Object({
    audience: Type.Enum(["human", "orchestrator", "webhook"]),
    /** Name of a webhook of the configuration. */
    webhook: Type.Union([Text, Type.Null()]),
    reason: Type.Enum(["trigger", "escalation", "phase_timeout", "approval_timeout"]),
    message: Text,
    phase: Text,
    entry: Count,
    params: Json,
  }),
  "task.overridden": Type.Object({ gate: Text, reason: Text, entry: Count, expires_at: Text }),
  "task.synced": Type.Object({
    base: Base,
    base_tree: Digest,
    /** Entry tree and freezes with the base's changes merged in. */
    entry_tree: Digest,
    freezes: Type.Array(Freeze),
    /** Red identities on the merged files; absent: as they were. */
    red: Type.Optional(TestNames),
    tree: Digest,
    /** What the operator said; absent where nothing was. */
    reason: Type.Optional(Text),
  }),
  "tool.started": Type.Object({
    ...call,
    /** `execute`: the runner runs it now. `authorize`: the agent runs it and may record it. */
    via: Type.Enum(["execute", "authorize"]),
    would_deny: Type.Array(ReasonSchema),
  }),
  "tool.executed": Type.Object({
    ...settled,
    /** `runner`: observed here. `self_reported`: told by the agent's host. */
    source: Type.Enum(["runner", "self_reported"]),
    would_deny: Type.Array(ReasonSchema),
    commit: Type.Optional(Text),
  }),
  "tool.denied": Type.Object({ ...call, reasons: Type.Array(ReasonSchema) }),
  "tool.rolled_back": Type.Object({ ...settled, reasons: Type.Array(ReasonSchema) }),
  "tool.interrupted": Type.Object({ ...call, call_id: Text, reason: Text }),
  "transition.requested": Type.Object({
    operation_id: Text,
    from: Text,
    to: Text,
    kind: Type.Enum(["forward", "rework", "complete"]),
    token_id: Text,
    entry: Count,
    epoch: Count,
  }),
  "transition.withdrawn": Type.Object({ operation_id: Text, reason: Text }),
  "gate.passed": Type.Object({
    operation_id: Text,
    from: Text,
    to: Text,
    gate: Type.Union([Text, Type.Null()]),
    tree: Digest,
    findings: Type.Array(FindingSchema),
    /** The approval that opened it, used up by this. */
    approval_id: Type.Optional(Text),
  }),
  "gate.blocked": Type.Object({
    operation_id: Type.Union([Text, Type.Null()]),
    from: Text,
    to: Text,
    gate: Type.Union([Text, Type.Null()]),
    tree: OptionalDigest,
    reasons: Type.Array(ReasonSchema),
    findings: Type.Array(FindingSchema),
    /** Permissive or advisory: recorded, yet the task moved on. */
    would_deny: Type.Boolean(),
  }),
  "artifact.submitted": Type.Object({
    artifact_type: Text,
    digest: Digest,
    phase: Text,
    entry: Count,
    /** Sent from outside the phase that it belongs to: what that phase submitted. */
    replaces: Type.Optional(Type.Object({ digest: Digest, phase: Text })),
  }),
  "blocker.recorded": Type.Object({
    blocker_id: Text,
    text: Text,
    waits_for: Type.Union([Text, Type.Null()]),
  }),
  "blocker.resolved": Type.Object({ blocker_id: Text }),
  "violation.detected": Type.Object({
    /**
     * `changed_outside`: the workspace differed at the next use. `refused`: a command on this task was denied.
     * `approval_overdue`: nobody answered in time, and the gate escalates.
     */
    kind: Type.Enum(["changed_outside", "refused", "unsupported_entry", "unannounced", "approval_overdue"]),
    command: Text,
    phase: Text,
    entry: Count,
    paths: Type.Array(Text),
    action: Type.Enum(["recorded", "rolled_back", "denied"]),
    reasons: Type.Array(ReasonSchema),
  }),
  /** One gate lacks only approvals. Said again with `repeated` when a later request waits for the same approval. */
  "approval.requested": Type.Object({
    approval_id: Text,
    gate: Text,
    phase: Text,
    entry: Count,
    operation_id: Text,
    /** SHA-256 of canonical `{task, entry, gate, workflow, tree, artifacts, evidence}`. */
    digest: Digest,
    tree: Digest,
    /** Digest of the latest submission of each artifact type. */
    artifacts: Type.Record(Text, Digest),
    /** Result digests of the evidence that was judged, by purpose; `command:` and its key for commands. */
    evidence: Type.Record(Text, Digest),
    /** `human` or the name of a role; any of them. */
    approvers: Type.Array(Text),
    /** The fewest principals that can answer every demand. */
    approvals_required: Count,
    /** Every one must be answered. Absent in older events: so many of any of the approvers. */
    demands: Type.Optional(Type.Array(Type.Object({ approvers: Type.Array(Text), required: Count }))),
    expires_at: Text,
    repeated: Type.Boolean(),
    /** What the gate found besides; absent: nothing. */
    findings: Type.Optional(Type.Array(FindingSchema)),
  }),
  "approval.granted": Type.Object({
    approval_id: Text,
    digest: Digest,
    comment: Text,
    by: Approver,
    /** True when no further grant is needed. */
    complete: Type.Boolean(),
  }),
  "approval.denied": Type.Object({ approval_id: Text, digest: Digest, comment: Text, by: Approver }),
  "approval.expired": Type.Object({ approval_id: Text }),
  "approval.withdrawn": Type.Object({ approval_id: Text, reason: Text }),
  "evidence.requested": Type.Object({
    operation_id: Text,
    runs: Type.Array(Type.Object({ purpose: Type.Enum([...evidencePurposes]), tree: Digest })),
  }),
  "evidence.recorded": Type.Object({
    evidence_id: Text,
    purpose: Type.Enum([...evidencePurposes]),
    /** The tree that it ran on. */
    tree: Digest,
    /** For `red`: the judged tree that was laid over the base to make `tree`. */
    source_tree: OptionalDigest,
    phase: Text,
    entry: Count,
    key: Digest,
    result_digest: Digest,
    status: Text,
    /** Of what failed, the same for equal failures; null when nothing did. Absent in ledgers of versions that did not keep it. */
    failed: Type.Optional(OptionalDigest),
    /** Only tests that an agent chose were run. */
    selected: Type.Optional(Type.Boolean()),
    operation_id: Type.Union([Text, Type.Null()]),
  }),
  "review.submitted": Type.Object({
    reviewer: Text,
    kind: Type.Enum([...principalKinds]),
    owner: Type.Union([Text, Type.Null()]),
    /** The review model: `security`, `quality`. */
    model: Text,
    tree: Digest,
    verdict: Type.Enum(["passed", "failed"]),
    /** How many issues are open, by severity. */
    issues: Type.Object({ blocking: Count, warning: Count, info: Count }),
    result_digest: Digest,
    /** The artifacts that lay before the reviewer, by type. Absent in ledgers of versions that did not keep them. */
    artifacts: Type.Optional(Type.Record(Text, Digest)),
    phase: Text,
    entry: Count,
  }),
  "workflow.registered": Type.Object({
    name: Text,
    version: Type.Union([Text, Type.Null()]),
    digest: Digest,
    source: Text,
  }),
  "config.changed": Type.Object({
    key: Text,
    /** Where the new value came from: a place in the file, or the call. */
    source: Text,
    /** `runtime`: holds from now on; `restart`: from the next start. */
    effect: Type.Enum(["runtime", "restart"]),
    /** Passwords and keys in URLs are `***`; a long value is its digest. */
    old: Json,
    new: Json,
  }),
  /** A configuration that was to be loaded again and is wrong: nothing changed. */
  "config.rejected": Type.Object({ errors: Type.Array(Type.Object({ place: Text, message: Text })) }),
  /** The first start after a restore: events after `position` of the ledger that was backed up are not in this one. */
  "ledger.restored": Type.Object({
    made_at: Text,
    restored_at: Text,
    position: Type.Integer({ minimum: 0 }),
    /** Bodies erased for good after the backup was made that were erased again; null: nobody said which they are. */
    erased_again: Type.Optional(Type.Union([Count, Type.Null()])),
  }),
  "key.created": Type.Object({
    key_id: Text,
    principal: Text,
    name: Text,
    kind: Type.Enum([...principalKinds]),
    roles: Type.Array(Type.Enum([...principalRoles])),
    owner: Type.Union([Text, Type.Null()]),
    expires_at: Type.Union([Text, Type.Null()]),
    /** SHA-256 of the key. Keys have 256 random bits, so the digest gives nothing away. */
    verifier: Digest,
  }),
  "key.revoked": Type.Object({ key_id: Text, reason: Text }),
  "key.rotated": Type.Object({ key_id: Text, verifier: Digest }),
  "payload.erased": Type.Object({ digest: Digest, reason: Text }),
  /** A receiver did not take an event, and it is not sent again by itself. */
  "webhook.dead_lettered": Type.Object({
    webhook: Text,
    event_id: Text,
    event_type: Text,
    event_position: Count,
    attempts: Count,
    error: Text,
  }),
  /** An operator had it sent again, and the receiver took it. */
  "webhook.redelivered": Type.Object({ webhook: Text, event_id: Text, dead_letter_id: Text }),
  "breaker.reset": Type.Object({ name: Text }),
  "ledger.head_signed": Type.Object({ stream: Text, version: Count, hash: Digest, key_id: Text, signature: Json }),
} as const;

export type EventType = keyof typeof eventSchemas;
export const eventTypes = Object.keys(eventSchemas) as EventType[];
export type EventData<T extends EventType> = Static<(typeof eventSchemas)[T]>;
