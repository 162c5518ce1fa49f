export type {
  CallTool,
  CancelTask,
  ClaimTask,
  Command,
  CommandContext,
  CreateTask,
  Decision,
  ExpireLease,
  FailTask,
  InterruptTools,
  NoteOutsideChange,
  OverrideGate,
  ReassignTask,
  RecordBlocker,
  RecordTool,
  ReleaseTask,
  RenewLease,
  ReopenTask,
  RequestTransition,
  ResolveBlocker,
  ResumeTransition,
  SettleTool,
  SyncTask,
  TokenClaims,
  WithdrawTransition,
} from "./commands.ts";
export { decide } from "./decide/decide.ts";
export { contentsNeeded, factsNeeded, type FactsNeeded } from "./decide/facts-needed.ts";
export { readyToComplete } from "./decide/completion.ts";
export { evolve, foldTask } from "./evolve/evolve.ts";
export type { TaskEvent } from "./evolve/task-event.ts";
export type {
  ArtifactState,
  BlockerState,
  FreezeState,
  Holder,
  LastTransition,
  OpenCall,
  OverrideState,
  PendingTransition,
  PhaseStay,
  TaskState,
} from "./task-state.ts";
