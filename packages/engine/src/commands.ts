import type {
  ApprovalId,
  AssuranceLevel,
  BlockerId,
  Digest,
  EventId,
  EvidenceId,
  EvidencePurpose,
  FactKind,
  Finding,
  JsonObject,
  JsonValue,
  NewEvent,
  OperationId,
  PrincipalId,
  Reason,
  TaskId,
  TokenId,
  TreeChange,
  TreeDigest,
  UnsupportedEntry,
  ContentPair,
  WorkflowDigest,
  Principal,
} from "@phasegate/wire";

/** What the server has verified of a phase token before the engine sees it: signature, times, issuer. */
export interface TokenClaims {
  readonly tokenId: TokenId;
  readonly taskId: TaskId;
  readonly subject: PrincipalId;
  readonly phase: string;
  readonly epoch: number;
}

/** Who asks, by what token, and the ids that new events and tokens shall carry (injected: the core has no randomness). */
export interface CommandContext {
  readonly principal: Principal;
  /** Milliseconds since the epoch, UTC. */
  readonly now: number;
  /** Returns a fresh event id at each call. */
  readonly nextEventId: () => EventId;
}

export interface CreateTask {
  readonly type: "create";
  readonly taskId: TaskId;
  readonly title: string;
  readonly description: string | null;
  readonly priority: number;
  readonly capabilities: readonly string[];
  readonly labels: readonly string[];
  readonly dependencies: readonly TaskId[];
  readonly workflowDigest: WorkflowDigest;
  readonly base: { readonly ref: string; readonly commit: string };
  readonly tree: TreeDigest;
  readonly adHoc: boolean;
  /** Made by a trigger of the task `taskId`, which lies `depth` steps from people and has made `siblings` tasks. */
  readonly spawnedBy?: { readonly taskId: TaskId; readonly depth: number; readonly siblings: number };
}

export interface ClaimTask {
  readonly type: "claim";
  readonly agentId: string;
  readonly capabilities: readonly string[];
  readonly assurance: AssuranceLevel;
  readonly tokenId: TokenId;
  /** True when the claim named this task, so that its holder may resume it. */
  readonly named: boolean;
}

/** Heartbeat or new token: proves that the caller holds the task; changes no state. */
export interface RenewLease {
  readonly type: "renew";
  readonly token: TokenClaims | null;
}
export interface ExpireLease {
  readonly type: "expire";
  readonly leaseExpiredAt: number;
  /** The epoch whose lease ended, where the caller knows it: a holder that came later is left alone. */
  readonly epoch?: number;
  /** Why it ended, where its time was not over. */
  readonly reason?: string;
}
export interface ReleaseTask {
  readonly type: "release";
  readonly token: TokenClaims;
  readonly reason: string;
}
export interface FailTask {
  readonly type: "fail";
  readonly token: TokenClaims;
  readonly reason: string;
}

/** A call that the agent makes with its own tool (`via: authorize`), or that the runner is to run (`via: execute`). */
export interface CallTool {
  readonly type: "call_tool";
  readonly via: "authorize" | "execute";
  readonly token: TokenClaims;
  readonly toolName: string;
  readonly args: JsonObject;
  readonly argsDigest: Digest | null;
  /**
   * The write paths that the call names, as the runner normalised them (relative), and whether each exists.
   * `refusal`: the path leads out of the workspace or is none; the call is denied with it in every mode. `foreseen`:
   * what the call would change there, where a rule looks inside the file and that is known; never a putting back.
   */
  readonly paths: readonly {
    readonly path: string;
    readonly exists: boolean;
    readonly refusal?: Reason;
    readonly foreseen?: { readonly change: TreeChange; readonly contents: ContentPair };
  }[];
}

/** What the runner observed of a call. For a read-only tool this is the only append. */
export interface SettleTool {
  readonly type: "settle_tool";
  /** The `tool.started` event; null when the tool only reads. */
  readonly callId: EventId | null;
  readonly token: TokenClaims;
  readonly toolName: string;
  readonly argsDigest: Digest | null;
  readonly resultDigest: Digest | null;
  readonly success: boolean;
  readonly error: string | null;
  readonly durationMs: number;
  readonly treeBefore: TreeDigest | null;
  readonly treeAfter: TreeDigest | null;
  readonly changes: readonly TreeChange[];
  readonly contents: Readonly<Record<string, ContentPair>>;
  /** From the entry tree to the tree after: what puts a path back to its entry content is always allowed. */
  readonly entryChanges: readonly TreeChange[];
  readonly unsupported: readonly UnsupportedEntry[];
  readonly commit: string | null;
}

/** The agent's host tells how an authorized call went. */
export interface RecordTool {
  readonly type: "record_tool";
  readonly callId: EventId;
  readonly success: boolean;
  readonly error: string | null;
  readonly resultDigest: Digest | null;
  readonly durationMs: number;
}

/** Calls of the runner that ended without a record: the server stopped, or the ledger did not take their end. */
export interface InterruptTools {
  readonly type: "interrupt_tools";
  readonly calls: readonly EventId[];
  readonly reason: string;
}

/** The workspace differs from the tree that was kept after its last use. */
export interface NoteOutsideChange {
  readonly type: "note_outside_change";
  readonly changes: readonly TreeChange[];
  readonly contents: Readonly<Record<string, ContentPair>>;
  readonly entryChanges: readonly TreeChange[];
  /** True where the runner will put back what the phase may not change. */
  readonly canRollBack: boolean;
  readonly unsupported?: readonly UnsupportedEntry[];
}

export interface RequestTransition {
  readonly type: "request_transition";
  readonly operationId: OperationId;
  readonly token: TokenClaims;
  readonly currentPhase: string;
  /** null: complete. */
  readonly targetPhase: string | null;
  /** Digests of the artifacts submitted with this request, by type. Bodies are in `facts.artifacts`. */
  readonly submitted: Readonly<Record<string, Digest>>;
  /** Id of the token that is minted if the transition is granted. */
  readonly newTokenId: TokenId;
  /** True when the token of the last transition was used for a call that left no event: no repetition any more. */
  readonly newTokenUsed?: boolean;
}

/** A pending transition, judged again with the facts that were missing. */
export interface ResumeTransition {
  readonly type: "resume_transition";
  readonly operationId: OperationId;
  readonly newTokenId: TokenId;
}
export interface WithdrawTransition {
  readonly type: "withdraw_transition";
  readonly operationId: OperationId;
  readonly reason: string;
}

export interface CancelTask {
  readonly type: "cancel";
  readonly reason: string;
}
export interface ReassignTask {
  readonly type: "reassign";
  readonly reason: string;
}
export interface ReopenTask {
  readonly type: "reopen";
  readonly reason: string;
}
export interface OverrideGate {
  readonly type: "override";
  readonly gate: string;
  readonly reason: string;
  readonly expiresInSeconds: number;
}
export interface RecordBlocker {
  readonly type: "record_blocker";
  readonly blockerId: BlockerId;
  readonly text: string;
  readonly waitsFor: string | null;
}
export interface ResolveBlocker {
  readonly type: "resolve_blocker";
  readonly blockerId: BlockerId;
}

/** The dispatcher is about to run what a pending transition lacks. By the server only. */
export interface RequestEvidence {
  readonly type: "request_evidence";
  readonly operationId: OperationId;
  readonly runs: readonly { readonly purpose: EvidencePurpose; readonly tree: TreeDigest }[];
}

/**
 * A run ended, or one of an equal key is used again: the body is the payload `resultDigest`. By the server only.
 * A gate counts no evidence that was not recorded so.
 */
export interface RecordEvidence {
  readonly type: "record_evidence";
  readonly evidenceId: EvidenceId;
  readonly purpose: EvidencePurpose;
  /** The tree that it ran on. */
  readonly tree: TreeDigest;
  /** For `red`: the judged tree that was laid over the base to make `tree`; null for every other purpose. */
  readonly sourceTree: TreeDigest | null;
  readonly key: Digest;
  readonly resultDigest: Digest;
  /** `TestRunStatus`, or how a command ended. */
  readonly status: string;
  /** Of what failed, the same for equal failures; null when nothing did. */
  readonly failed: Digest | null;
  /** Only tests that an agent chose were run: what failed in them is compared with nothing. */
  readonly selected: boolean;
  readonly operationId: OperationId | null;
}

/** A person says yes to exactly what `digest` covers. On the last grant the transition is to be resumed. */
export interface GrantApproval {
  readonly type: "grant_approval";
  readonly approvalId: ApprovalId;
  /** What the caller saw. */
  readonly digest: Digest;
  readonly comment: string;
}
/** A person says no; the comment reaches the agent, and the task is its holder's again. */
export interface DenyApproval {
  readonly type: "deny_approval";
  readonly approvalId: ApprovalId;
  readonly digest: Digest;
  readonly comment: string;
}
/** Its time is over; the gate's `on_timeout` says what follows. By the server only. */
export interface ExpireApproval {
  readonly type: "expire_approval";
  readonly approvalId: ApprovalId;
}
/** Takes the question back. By the holder, an operator or the server; a transition that waits for it ends. */
export interface WithdrawApproval {
  readonly type: "withdraw_approval";
  readonly approvalId: ApprovalId;
  readonly reason: string;
}

/** The stay `entry` may have lasted too long. By the server only; one that is over or in time is left alone. */
export interface ExpirePhase {
  readonly type: "expire_phase";
  readonly entry: number;
  /** Of the blocker that `escalate` records. */
  readonly blockerId: BlockerId;
}

/** The job of a trigger ended. By the server only; a trigger that was settled before is left alone. */
export interface RecordTrigger {
  readonly type: "record_trigger";
  readonly operationId: OperationId;
  readonly index: number;
  readonly status: "done" | "failed";
  readonly detail: string | null;
  /** Of the payload with what a command printed. */
  readonly resultDigest: Digest | null;
  readonly spawned: readonly TaskId[];
}

/** A review of the tree as it is now: `facts.tree` must be there to show it. */
export interface SubmitReview {
  readonly type: "submit_review";
  readonly model: string;
  /** What the reviewer looked at. */
  readonly tree: TreeDigest;
  readonly verdict: "passed" | "failed";
  /** How many issues are open, by severity; the issues themselves are the payload `resultDigest`. */
  readonly issues: { readonly blocking: number; readonly warning: number; readonly info: number };
  readonly resultDigest: Digest;
}

/** The runner merged a moved base into the task, without conflicts. */
export interface SyncTask {
  readonly type: "sync";
  readonly base: { readonly ref: string; readonly commit: string };
  /** Of the new base commit. */
  readonly baseTree: TreeDigest;
  readonly entryTree: TreeDigest;
  readonly tree: TreeDigest;
  /** Frozen trees with the base's changes merged in, in the order of `state.freezes`. */
  readonly frozenTrees: readonly TreeDigest[];
  /** Red identities on the merged files, in the order of `state.redIdentities`; absent: as they were. */
  readonly redIdentities?: readonly Digest[];
  /** Why; absent where nobody said. */
  readonly reason?: string;
}

export type Command =
  | CreateTask
  | ClaimTask
  | RenewLease
  | ExpireLease
  | ReleaseTask
  | FailTask
  | CallTool
  | SettleTool
  | RecordTool
  | InterruptTools
  | NoteOutsideChange
  | RequestTransition
  | ResumeTransition
  | WithdrawTransition
  | CancelTask
  | ReassignTask
  | ReopenTask
  | OverrideGate
  | RecordBlocker
  | ResolveBlocker
  | RequestEvidence
  | RecordEvidence
  | GrantApproval
  | DenyApproval
  | ExpireApproval
  | WithdrawApproval
  | ExpirePhase
  | RecordTrigger
  | SubmitReview
  | SyncTask;

/** What the engine answers. Its events are to be appended at `state.version`, or the decision does not stand. */
export interface Decision {
  /** `pending`: facts in `needs` must be gathered; append the events, gather, decide again (`resume_transition`). */
  readonly effect: "allow" | "deny" | "pending";
  /** Why it was denied; never empty on a denial. */
  readonly reasons: readonly Reason[];
  /** In permissive and advisory mode: what strict would have denied. */
  readonly warnings: readonly Reason[];
  readonly findings: readonly Finding[];
  readonly events: readonly NewEvent[];
  /** For `settle_tool` and `note_outside_change`: paths that the runner must put back before the append. */
  readonly rollBack: "none" | "all" | readonly string[];
  readonly needs: readonly FactKind[];
  /**
   * For a repeated transition: the answer that was recorded; mint the same token id again, append nothing. Together
   * with `pending`: the same transition is being judged already, gather nothing.
   */
  readonly repeated: boolean;
  /** Bodies that the events refer to, to be kept in the same append. */
  readonly payloads?: readonly { readonly digest: Digest; readonly body: JsonValue }[];
  /** On `pending`: the first of the approvals that are awaited. */
  readonly approval?: {
    readonly id: ApprovalId;
    readonly gate: string;
    readonly digest: Digest;
    readonly expiresAt: string;
  };
}
