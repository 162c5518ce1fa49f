export type {
  ActJudges,
  ActOutcome,
  Observation,
  ProbeResult,
  ResolvedBase,
  ResolvedPath,
  RollBack,
  Runner,
  RunnerCapabilities,
  SyncOutcome,
  SyncRequest,
  ToolCall,
  ToolOutcome,
  TreeRequest,
  WorkspaceInfo,
  WorkspaceKey,
} from "./port.ts";
export { openRunner, type RunnerOptions } from "./workspace/open-runner.ts";
