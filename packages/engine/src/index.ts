export type {
  CallTool,
  CancelTask,
  ClaimTask,
  Command,
  CommandContext,
  CreateTask,
  Decision,
  DenyApproval,
  ExpireApproval,
  ExpireLease,
  ExpirePhase,
  FailTask,
  GrantApproval,
  InterruptTools,
  NoteOutsideChange,
  OverrideGate,
  ReassignTask,
  RecordBlocker,
  RecordEvidence,
  RecordTool,
  RecordTrigger,
  ReleaseTask,
  RenewLease,
  ReopenTask,
  RequestEvidence,
  RequestTransition,
  ResolveBlocker,
  ResumeTransition,
  SettleTool,
  SubmitReview,
  SyncTask,
  TokenClaims,
  WithdrawApproval,
  WithdrawTransition,
} from "./commands.ts";
export { answeredDemands, missingApprovals } from "./decide/approval-demands.ts";
export { approvalTask } from "./decide/approval-question.ts";
export { decide } from "./decide/decide.ts";
export { contentsNeeded, factsNeeded, type FactsNeeded } from "./decide/facts-needed.ts";
export { reviewCapability, reviewedTask } from "./decide/claim.ts";
export { readyToComplete } from "./decide/completion.ts";
export { approvedArtifacts, replacedArtifacts } from "./decide/resubmission.ts";
export { triggersOf, type Trigger } from "./decide/triggers.ts";
export { judgeReviewingRole } from "./decide/reviews.ts";
export { wrongTask } from "./decide/token.ts";
export { evolve, foldTask } from "./evolve/evolve.ts";
export { withoutJudgedAnew } from "./evolve/gate-visits.ts";
export type { TaskEvent } from "./evolve/task-event.ts";
export type {
  ApprovalDemand,
  ApprovalDenial,
  ApprovalGrant,
  ApprovalState,
  ArtifactState,
  BlockerState,
  EvidenceState,
  FailuresState,
  FreezeState,
  GateVisit,
  Holder,
  LastTransition,
  OpenCall,
  OverrideState,
  PendingTransition,
  PhaseStay,
  ReviewState,
  TaskState,
  TestNamesState,
  TriggerState,
} from "./task-state.ts";
