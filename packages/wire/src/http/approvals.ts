import { type Static, Type } from "typebox";
import { AnyObject, anyText, bounds, closed, DigestText, IdText, nullable, pageQuery } from "./bounds.ts";
import { FailuresAnswer } from "./failures-answer.ts";
import { UnreadableFile } from "./unreadable-file.ts";
import { WarningAnswer } from "./warning-answer.ts";

export const approvalStatuses = ["requested", "granted", "denied", "expired", "withdrawn", "used"] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

export const ApprovalListQuery = Type.Object(
  { status: Type.Optional(Type.Enum([...approvalStatuses])), task_id: Type.Optional(IdText), ...pageQuery },
  closed,
);
export type ApprovalListQuery = Static<typeof ApprovalListQuery>;

export const ApprovalParams = Type.Object({ approval_id: IdText });
export type ApprovalParams = Static<typeof ApprovalParams>;

const EarlierDenial = Type.Object({
  approval_id: Type.String(),
  entry: Type.Integer({ minimum: 1 }),
  by: Type.String(),
  name: Type.Optional(Type.String()),
  at: Type.String(),
  comment: Type.String(),
  /** Nothing of what is asked for has changed since. */
  same_digest: Type.Boolean(),
});

const ApprovalDemand = Type.Object({
  approvers: Type.Array(Type.String()),
  required: Type.Integer({ minimum: 1 }),
  /** Principals whose yes counts for it so far. */
  given: Type.Integer({ minimum: 0 }),
});

const ArtifactSource = Type.Object({
  source: Type.Literal("self_reported"),
  submitted_by: Type.String(),
  /** Of the principal, where it is known. */
  name: Type.Optional(Type.String()),
  phase: Type.String(),
  replaces: nullable(Type.Object({ digest: Type.String(), phase: Type.String() })),
});

export const ApprovalAnswer = Type.Object({
  id: Type.String(),
  task_id: Type.String(),
  gate: Type.String(),
  entry: Type.Integer({ minimum: 1 }),
  digest: Type.String(),
  status: Type.Enum([...approvalStatuses]),
  requested_at: Type.String(),
  expires_at: Type.String(),
  artifacts: AnyObject,
  /** By type: which agent sent it in which phase, on its own word, and what it took the place of unapproved. */
  artifact_sources: Type.Optional(Type.Record(Type.String(), ArtifactSource)),
  diff: Type.String(),
  evidence: Type.Array(AnyObject),
  granted_by: Type.Array(Type.String()),
  phase: Type.Optional(Type.String()),
  task_title: Type.Optional(Type.String()),
  approvers: Type.Optional(Type.Array(Type.String())),
  /** The fewest principals that can answer every demand. */
  approvals_required: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Each of them must be answered; one principal may answer several, a system only the one that names it. */
  demands: Type.Optional(Type.Array(ApprovalDemand)),
  /** Everything that is still missing, in words; null when the approval is not open. */
  waits_for: Type.Optional(nullable(Type.String())),
  tree: Type.Optional(Type.String()),
  /** The difference was longer than it is shown. */
  diff_truncated: Type.Optional(Type.Boolean()),
  /** Files that changed since the base, or the first of them: `GET /tasks/{task_id}/diff?since=base` goes on at the cursor. */
  changed_paths: Type.Optional(Type.Array(Type.String())),
  changed_paths_total: Type.Optional(Type.Integer({ minimum: 0 })),
  next_cursor: Type.Optional(nullable(Type.String())),
  /** Named files whose difference is not shown, or not to its end. */
  cut_paths: Type.Optional(Type.Array(Type.String())),
  /** Changed files with code that the difference does not show. */
  unreadable_code: Type.Optional(Type.Array(UnreadableFile)),
  /** What the gate that asks found, then what earlier gates let pass. In a list: the total alone. */
  findings: Type.Optional(Type.Array(WarningAnswer)),
  findings_total: Type.Optional(Type.Integer({ minimum: 0 })),
  /** What failed when all tests of this very tree ran for this task, newest first. */
  failures: Type.Optional(Type.Array(FailuresAnswer)),
  /** Who denied it and why. */
  denial: Type.Optional(nullable(AnyObject)),
  /** Who denied what this gate of the task asked before, newest first. */
  earlier_denials: Type.Optional(Type.Array(EarlierDenial)),
  task_status: Type.Optional(Type.String()),
});
export type ApprovalAnswer = Static<typeof ApprovalAnswer>;

export const ApprovalListAnswer = Type.Object({
  approvals: Type.Array(ApprovalAnswer),
  next_cursor: Type.Optional(nullable(Type.String())),
});
export type ApprovalListAnswer = Static<typeof ApprovalListAnswer>;

/** `POST /approvals/{approval_id}/grant` and `/deny`: the digest is the one that was seen. */
export const ApprovalVerdictRequest = Type.Object(
  { digest: DigestText, comment: Type.Optional(anyText(bounds.reason)) },
  closed,
);
export type ApprovalVerdictRequest = Static<typeof ApprovalVerdictRequest>;
