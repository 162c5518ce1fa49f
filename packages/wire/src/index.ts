export {
  assuranceLevels,
  assuranceSuffices,
  hostAssuranceLevels,
  lowerAssurance,
  enforcementModes,
  type AssuranceLevel,
  type EnforcementMode,
} from "./assurance.ts";
export {
  findingSources,
  severities,
  type Finding,
  type FindingSource,
  type NextCall,
  type Reason,
  type RuleReference,
  type Severity,
} from "./decision.ts";
export {
  PhasegateError,
  problem,
  problemTypeBase,
  reasonExtras,
  type Place,
  type ProblemDocument,
  type ProblemExtras,
} from "./errors/problem.ts";
export { errorRegistry, reasonCodes, type ReasonCode } from "./errors/registry.ts";
export { systemFault } from "./errors/system-fault.ts";
export {
  hashEvent,
  isEvent,
  type EventOrigin,
  type HashedEvent,
  type NewEvent,
  type StoredEvent,
  type StoredEventOf,
} from "./events/envelope.ts";
export {
  eventSchemas,
  eventTypes,
  FindingSchema,
  ReasonSchema,
  timeoutActions,
  type EventData,
  type EventType,
  type TimeoutAction,
} from "./events/schemas.ts";
export {
  evidencePurposes,
  type Canary,
  type CanaryOutcome,
  type ApprovalFact,
  type EvidenceFacts,
  type EvidencePurpose,
  type LineCoverage,
  type RedIdentity,
  type ReviewFact,
  type TestCase,
  type TestOutcome,
  type TestRun,
  type TestRunStatus,
  type UnloadedTestFile,
} from "./evidence.ts";
export type {
  AuthorsFact,
  ContentPair,
  DependencyFact,
  FactKind,
  Facts,
  FileSample,
  TreeDifference,
  TreeFacts,
} from "./facts.ts";
export {
  ApprovalAnswer,
  ApprovalListAnswer,
  ApprovalListQuery,
  ApprovalParams,
  ApprovalVerdictRequest,
  approvalStatuses,
  type ApprovalStatus,
} from "./http/approvals.ts";
export type { FailuresAnswer } from "./http/failures-answer.ts";
export {
  AuditEntry,
  AuditQueryAnswer,
  AuditQueryRequest,
  AuditRecentAnswer,
  AuditRecentRequest,
  AuditStatsAnswer,
  ErasePayloadAnswer,
  ErasePayloadParams,
  ErasePayloadRequest,
} from "./http/audit.ts";
export { bounds as requestBounds } from "./http/bounds.ts";
export { ChangeConfigRequest, ConfigAnswer, ConfigChangesAnswer, SettingAnswer } from "./http/config.ts";
export { BreakerAnswer, BreakerListAnswer, BreakerParams } from "./http/breakers.ts";
export { PostExternalRequest } from "./http/externals.ts";
export { CloudEventAnswer, EventListAnswer, EventsQuery } from "./http/events.ts";
export { HealthAnswer, HealthDetailsAnswer, LiveAnswer, ReadyAnswer, RootAnswer } from "./http/health.ts";
export {
  CreateKeyRequest,
  CreatedKeyAnswer,
  KeyAnswer,
  KeyListAnswer,
  KeyParams,
  RevokeKeyQuery,
} from "./http/keys.ts";
export { ProblemAnswer } from "./http/problem-schema.ts";
export { ReviewAnswer, ReviewListAnswer, SubmitReviewRequest } from "./http/reviews.ts";
export { SnapshotAnswer, SnapshotQuery } from "./http/state.ts";
export {
  ArtifactsAnswer,
  BlockerAnswer,
  BlockerParams,
  BriefAnswer,
  ClaimAnswer,
  ClaimRequest,
  CreateTaskRequest,
  DiffAnswer,
  DiffQuery,
  EndHoldRequest,
  EvidenceListAnswer,
  OperatorRequest,
  OverrideRequest,
  PhaseStayAnswer,
  RecordBlockerRequest,
  RenewAnswer,
  RenewRequest,
  ResolveBlockerRequest,
  SyncAnswer,
  SyncRequest,
  TaskAnswer,
  TaskListAnswer,
  TaskListQuery,
  TaskParams,
  TaskSummary,
} from "./http/tasks.ts";
export {
  AuthorizeAnswer,
  AuthorizeRequest,
  ExecuteAnswer,
  ExecuteRequest,
  RecordAnswer,
  RecordRequest,
} from "./http/tools.ts";
export {
  CompleteRequest,
  OperationAnswer,
  OperationParams,
  TransitionAnswer,
  TransitionRequest,
} from "./http/transition.ts";
export {
  DeadLetterAnswer,
  DeadLetterListAnswer,
  DeadLetterParams,
  DeadLetterQuery,
  RedeliveredAnswer,
  WebhookAnswer,
  WebhookListAnswer,
  WebhookParams,
} from "./http/webhooks.ts";
export {
  RegisterWorkflowRequest,
  SimulateAnswer,
  SimulateRequest,
  WorkflowAnswer,
  WorkflowListAnswer,
  WorkflowParams,
} from "./http/workflows.ts";
export {
  idPrefixes,
  parseDigest,
  parseId,
  taskStream,
  type ApprovalId,
  type BlockerId,
  type Digest,
  type EventId,
  type EvidenceId,
  type IdKind,
  type IdTypes,
  type JobId,
  type KeyId,
  type OperationId,
  type PrincipalId,
  type TaskId,
  type TokenId,
  type TreeDigest,
  type WorkflowDigest,
} from "./ids.ts";
export { canonicalJson, digestBytes, digestJson, type JsonObject, type JsonValue } from "./json.ts";
export {
  openPrincipalId,
  principalKinds,
  principalRoles,
  serverPrincipalId,
  type Principal,
  type PrincipalKind,
  type PrincipalRole,
} from "./principal.ts";
export {
  isLegalStatusChange,
  isTerminal,
  statusTransitions,
  taskStatuses,
  terminalStatuses,
  type TaskStatus,
} from "./status.ts";
export {
  compareTreePaths,
  digestTree,
  type TreeChange,
  type TreeEntry,
  type TreeEntryType,
  type UnsupportedEntry,
} from "./tree.ts";
export { recordedToolNames } from "./tool-names.ts";
export { replaceUnprintable } from "./unprintable.ts";
