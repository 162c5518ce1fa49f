import type {
  AssuranceLevel,
  BlockerId,
  Digest,
  EventId,
  Finding,
  OperationId,
  PrincipalId,
  TaskId,
  TaskStatus,
  TokenId,
  TreeDigest,
  WorkflowDigest,
} from "@phasegate/wire";

/** Most calls that a task has open at once. */
export const maxOpenCalls = 64;
/** Most stays that the history keeps; older ones are in the ledger. */
export const maxHistory = 200;

/** What the fold of a task's events says. Immutable: `evolve` returns a new one. */
export interface TaskState {
  readonly id: TaskId;
  /** Version of the last event folded in; the version that an append must expect. */
  readonly version: number;
  readonly title: string;
  readonly description: string | null;
  readonly priority: number;
  readonly capabilities: readonly string[];
  readonly labels: readonly string[];
  readonly dependencies: readonly TaskId[];
  readonly workflow: { readonly name: string; readonly digest: WorkflowDigest };
  readonly base: { readonly ref: string; readonly commit: string };
  readonly status: TaskStatus;
  readonly phase: string;
  /** Counts the stays in a phase, from 1. Approvals, evidence and freezes belong to an entry. */
  readonly entry: number;
  /** Counts the holder, from 0. Every token of an older epoch is dead. */
  readonly epoch: number;
  readonly assurance: AssuranceLevel | null;
  readonly holder: Holder | null;
  /** The tree at entry to the current phase. */
  readonly entryTree: TreeDigest;
  readonly baseTree: TreeDigest;
  readonly freezes: readonly FreezeState[];
  /** Latest submission of each type. */
  readonly artifacts: Readonly<Record<string, ArtifactState>>;
  /** Calls begun and not settled; at most `maxOpenCalls`, the oldest authorized ones fall out. */
  readonly openCalls: readonly OpenCall[];
  readonly pendingTransition: PendingTransition | null;
  /** For the repetition of the last transition with the token that it consumed. */
  readonly lastTransition: LastTransition | null;
  readonly overrides: readonly OverrideState[];
  readonly overridden: boolean;
  readonly selfReported: boolean;
  readonly blockers: readonly BlockerState[];
  /** Every principal that ever held the task. */
  readonly authors: readonly PrincipalId[];
  readonly findings: readonly Finding[];
  readonly history: readonly PhaseStay[];
  readonly createdAt: string;
  readonly endedReason: string | null;
}

export interface Holder {
  readonly principal: PrincipalId;
  readonly owner: PrincipalId | null;
  readonly agentId: string;
  readonly claimedAt: string;
}

export interface FreezeState {
  readonly phase: string;
  readonly entry: number;
  readonly tree: TreeDigest;
}

export interface ArtifactState {
  readonly digest: Digest;
  readonly phase: string;
  readonly entry: number;
}

export interface OpenCall {
  readonly callId: EventId;
  readonly toolName: string;
  readonly via: "execute" | "authorize";
  readonly epoch: number;
  readonly argsDigest: Digest | null;
  /** Who made the call, in which phase and stay; only that principal may record it. */
  readonly principal: PrincipalId;
  readonly phase: string;
  readonly entry: number;
}

export interface PendingTransition {
  readonly operationId: OperationId;
  readonly from: string;
  /** The phase itself when the kind is `complete`. */
  readonly to: string;
  readonly kind: "forward" | "rework" | "complete";
  readonly tokenId: TokenId;
  readonly requestedAt: string;
}

export interface LastTransition {
  readonly eventId: EventId;
  readonly operationId: OperationId;
  readonly from: string;
  readonly to: string;
  readonly consumedTokenId: TokenId;
  readonly tokenId: TokenId;
  readonly epoch: number;
  readonly at: string;
  readonly kind: "forward" | "rework" | "complete";
  /** True once anything was done in the new epoch: from then on the old token is dead for good. */
  readonly used: boolean;
}

export interface OverrideState {
  readonly gate: string;
  readonly entry: number;
  readonly expiresAt: string;
  readonly principal: PrincipalId;
  readonly reason: string;
}

export interface BlockerState {
  readonly id: BlockerId;
  readonly text: string;
  readonly waitsFor: string | null;
  readonly resolved: boolean;
  readonly recordedBy: PrincipalId;
}

export interface PhaseStay {
  readonly phase: string;
  readonly entry: number;
  readonly enteredAt: string;
  readonly leftAt: string | null;
}
