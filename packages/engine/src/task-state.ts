import type {
  ApprovalFact,
  ApprovalId,
  ApprovalStatus,
  AssuranceLevel,
  BlockerId,
  Digest,
  EventId,
  EvidenceId,
  EvidencePurpose,
  Finding,
  OperationId,
  PrincipalId,
  PrincipalKind,
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
/** Most pieces of evidence that a task remembers; older ones are in the ledger, and count no more. */
export const maxEvidence = 100;
/** Most runs of all tests with failures that a task remembers, one by tree and failures; how many fell out is counted. */
export const maxFailures = 100;
/** Most lists of red tests that a task remembers, in force or undone, those of its last gates. */
export const maxRedLists = 50;
/** Most approvals that a task remembers; those that are over fall out first. */
export const maxApprovals = 50;
/** Most triggers that a task remembers, those of its last transitions. */
export const maxTriggers = 60;
/** Most reviews that a task remembers, the newest by model, reviewer and tree. */
export const maxReviews = 50;

/** Most visits of phases whose findings a task remembers; the oldest fall out. */
export const maxGateVisits = 40;
/** Most findings of one visit that a task remembers, at least one of each check as far as it goes. */
export const maxFindingsOfVisit = 60;

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
  /** Who answers for an author: other agents of theirs are authors as well. */
  readonly authorOwners: readonly PrincipalId[];
  /** What ran for this task, oldest first: each run of this stay, of earlier stays the newest by purpose and tree. */
  readonly evidence: readonly EvidenceState[];
  /** Runs of all tests in which some failed, oldest first: the newest by tree and failures, whatever ran since. */
  readonly failures: readonly FailuresState[];
  /** How many of them are no longer remembered. */
  readonly failuresForgotten: number;
  /** Payloads with `RedIdentity[]`, of every RED passed and not undone by a rework. */
  readonly redIdentities: readonly TestNamesState[];
  /** As `redIdentities`, with those that a rework undid, oldest first; bounded. */
  readonly redsEver: readonly TestNamesState[];
  /** Payloads with `string[]`: identities that passed at gates that no rework undid. */
  readonly passedEarlier: readonly TestNamesState[];
  /** Oldest first. */
  readonly approvals: readonly ApprovalState[];
  readonly reviews: readonly ReviewState[];
  /** Of the last request to leave the phase. */
  readonly findings: readonly Finding[];
  /** What the gates that let the task on found, oldest first; what the last visit of a phase found stands for it. */
  readonly gateVisits: readonly GateVisit[];
  /** When the base was last merged in; null: never. */
  readonly syncedAt: string | null;
  readonly history: readonly PhaseStay[];
  /** When the stay was first worked in: its phase's time limit runs from there. Null while nobody has. */
  readonly workedSince: string | null;
  /** The stay has lasted longer than it may, and somebody was told. */
  readonly timedOut: boolean;
  /** What transitions set off, oldest first. */
  readonly triggers: readonly TriggerState[];
  /** The task whose trigger made this one, and how many such steps it lies from what people made; else null. */
  readonly spawnedBy: { readonly taskId: TaskId; readonly depth: number } | null;
  /** Tasks that triggers of this one made. */
  readonly spawned: readonly TaskId[];
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
  /** Who sent it last. */
  readonly by: PrincipalId;
  /** The gate that an approval of exactly this content opened last, and who gave it. */
  readonly approved: { readonly gate: string; readonly by: readonly PrincipalId[] } | null;
  /** What it took the place of, when that belonged to another phase. */
  readonly replaced: { readonly digest: Digest; readonly phase: string } | null;
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
  /** What people are asked for; empty while evidence is gathered. */
  readonly approvals: readonly ApprovalId[];
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

/** Findings with which a stay in a phase was left, those that weigh most first. */
export interface GateVisit {
  readonly phase: string;
  readonly entry: number;
  readonly findings: readonly Finding[];
  /** Of all that were found, also past those that are kept. */
  readonly total: number;
}

export interface PhaseStay {
  readonly phase: string;
  readonly entry: number;
  readonly enteredAt: string;
  readonly leftAt: string | null;
}

/** One trigger of a transition; `pending` until its job has ended. */
export interface TriggerState {
  readonly operationId: OperationId;
  /** Position among the triggers of its transition, from 0. */
  readonly index: number;
  readonly action: string;
  readonly from: string;
  readonly to: string;
  readonly entry: number;
  readonly status: "pending" | "done" | "failed";
  readonly detail: string | null;
}

export interface EvidenceState {
  readonly id: EvidenceId;
  readonly purpose: EvidencePurpose;
  readonly tree: TreeDigest;
  /** For `red`: the judged tree that was laid over the base to make `tree`. */
  readonly sourceTree: TreeDigest | null;
  readonly phase: string;
  readonly entry: number;
  readonly key: Digest;
  /** Of the payload with the run. */
  readonly resultDigest: Digest;
  readonly status: string;
  /** Of what failed, the same for equal failures; null when nothing did. */
  readonly failed: Digest | null;
  /** Only tests that an agent chose were run. */
  readonly selected: boolean;
  readonly at: string;
}

/** A run of all tests in which some failed; the payload `resultDigest` names them. */
export interface FailuresState {
  readonly tree: TreeDigest;
  readonly failed: Digest;
  readonly resultDigest: Digest;
  readonly phase: string;
  readonly entry: number;
  readonly at: string;
}

/** Names of tests that the gate of a phase found, as the digest of the payload that lists them. */
export interface TestNamesState {
  readonly phase: string;
  readonly entry: number;
  readonly digest: Digest;
}

/**
 * One question to people. `requested` -> `granted` | `denied` | `expired` | `withdrawn`; `granted` -> `used` |
 * `expired` | `withdrawn`. It belongs to its entry and outlives a change of holder.
 */
export interface ApprovalState {
  readonly id: ApprovalId;
  readonly gate: string;
  readonly phase: string;
  readonly entry: number;
  /** The transition that waits for it, or waited last. */
  readonly operationId: OperationId;
  readonly digest: Digest;
  readonly tree: TreeDigest;
  readonly artifacts: Readonly<Record<string, Digest>>;
  readonly evidence: Readonly<Record<string, Digest>>;
  readonly approvers: readonly string[];
  /** The fewest principals that can answer every demand. */
  readonly approvalsRequired: number;
  /** Every one must be answered. */
  readonly demands: readonly ApprovalDemand[];
  readonly status: ApprovalStatus;
  readonly requestedAt: string;
  readonly expiresAt: string;
  /** One a principal. */
  readonly grants: readonly ApprovalGrant[];
  readonly denial: ApprovalDenial | null;
  /** What the gate found when it asked. */
  readonly findings: readonly Finding[];
}

/** So many principals, each one of the approvers: `human`, the name of a role, or `external:` and a system's name. */
export interface ApprovalDemand {
  readonly approvers: readonly string[];
  readonly required: number;
}

export interface ApprovalDenial extends Pick<ApprovalFact, "by" | "name"> {
  readonly comment: string;
  readonly at: string;
}

export interface ApprovalGrant extends Pick<ApprovalFact, "by" | "kind" | "roles" | "name"> {
  readonly owner: PrincipalId | null;
  readonly comment: string;
  readonly at: string;
}

export interface ReviewState {
  readonly reviewer: PrincipalId;
  readonly kind: PrincipalKind;
  readonly owner: PrincipalId | null;
  readonly model: string;
  readonly tree: TreeDigest;
  readonly verdict: "passed" | "failed";
  readonly issues: { readonly blocking: number; readonly warning: number; readonly info: number };
  /** Of the payload with the issues. */
  readonly resultDigest: Digest;
  /** The artifacts that lay before the reviewer, by type; null where an earlier version did not keep them. */
  readonly artifacts: Readonly<Record<string, Digest>> | null;
  readonly at: string;
}
