export {
  AgentClient,
  type AgentClientOptions,
  type CallOptions,
  type ClaimOptions,
  type GrepOptions,
  type RecordedCall,
  type TransitionOptions,
} from "./agent-client.ts";
export {
  ConflictError,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  PhasegateApiError,
  PhasegateConnectionError,
  PhasegateProtocolError,
  PhasegateUsageError,
  RateLimitedError,
  ServerError,
  TokenError,
  ToolDeniedError,
  ToolFailedError,
  UnauthenticatedError,
  UnavailableError,
} from "./errors.ts";
export type { ClientEvent, ClientListener } from "./events.ts";
export type { HeldTask } from "./task/hold.ts";
export type {
  AwaitingApproval,
  Blocked,
  Completed,
  GateFinding,
  Moved,
  PendingApproval,
  TransitionResult,
} from "./task/transition-result.ts";
export { type ToolDefinition, workflowTools, workspaceTools } from "./tools/definitions.ts";
export {
  type AgentTools,
  asFunctions,
  type FunctionDefinition,
  type ToolOutcome,
  toolsFor,
} from "./tools/tools-for.ts";
export type {
  BashResult,
  EditFilesResult,
  GitCommitResult,
  GitDiffResult,
  GlobResult,
  GrepMatch,
  GrepResult,
  ReadFilesResult,
  RestoreFilesResult,
  RunTestsResult,
  ToolAnswer,
  ToolResult,
  ToolResults,
  WriteFilesResult,
} from "./tools/results.ts";
export { defaultRetryPolicy, type RetryPolicy } from "./transport/retry-policy.ts";
