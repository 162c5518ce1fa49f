export type {
  ActJudges,
  ActOutcome,
  CommandRunRequest,
  EvidenceRunner,
  Observation,
  ProbeResult,
  ResolvedBase,
  ResolvedPath,
  RollBack,
  Runner,
  RunnerCapabilities,
  SyncOutcome,
  SyncRequest,
  TestRunRequest,
  ToolCall,
  ToolOutcome,
  TreeRequest,
  WorkspaceInfo,
  WorkspaceKey,
} from "./port.ts";
export { setupTimeoutMs } from "./evidence/setup-limit.ts";
export type { SlotUse } from "./evidence/run-slots.ts";
export type { TreeDifferenceText } from "./workspace/tree-difference.ts";
export { toolchainVariables } from "./sandbox/toolchain-managers.ts";
export { openRunner, type RunnerOptions } from "./workspace/open-runner.ts";
