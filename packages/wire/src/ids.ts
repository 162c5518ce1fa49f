/**
 * Branded identifiers. An id is parsed once, where it enters; after that the type carries the proof.
 * Every generated id is `<prefix>_<22 or more characters of [0-9A-Za-z]>`.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type TaskId = Branded<"TaskId">;
export type PrincipalId = Branded<"PrincipalId">;
export type KeyId = Branded<"KeyId">;
export type EventId = Branded<"EventId">;
export type OperationId = Branded<"OperationId">;
export type ApprovalId = Branded<"ApprovalId">;
export type BlockerId = Branded<"BlockerId">;
export type TokenId = Branded<"TokenId">;
export type JobId = Branded<"JobId">;
export type EvidenceId = Branded<"EvidenceId">;

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = Branded<"Digest">;
/** Digest of a tree: see `tree.ts`. */
export type TreeDigest = Digest & { readonly tree?: true };
/** Digest of an expanded, normalised workflow. */
export type WorkflowDigest = Digest & { readonly workflow?: true };

export const idPrefixes = {
  task: "task",
  principal: "prn",
  key: "key",
  event: "evt",
  operation: "op",
  approval: "apr",
  blocker: "blk",
  token: "tok",
  job: "job",
  evidence: "evd",
} as const;

export type IdKind = keyof typeof idPrefixes;

export interface IdTypes {
  task: TaskId;
  principal: PrincipalId;
  key: KeyId;
  event: EventId;
  operation: OperationId;
  approval: ApprovalId;
  blocker: BlockerId;
  token: TokenId;
  job: JobId;
  evidence: EvidenceId;
}

const idBody = /^[0-9A-Za-z]{1,64}$/;

/** Returns `text` as an id of the given kind, or null if it is none. Never throws. */
export function parseId<Kind extends IdKind>(kind: Kind, text: unknown): IdTypes[Kind] | null {
  if (typeof text !== "string") return null;
  const prefix = `${idPrefixes[kind]}_`;
  if (!text.startsWith(prefix) || !idBody.test(text.slice(prefix.length))) return null;
  return text as IdTypes[Kind];
}

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Returns `text` as a digest, or null if it is none. Never throws. */
export function parseDigest(text: unknown): Digest | null {
  return typeof text === "string" && digestPattern.test(text) ? (text as Digest) : null;
}

/** The stream that holds a task's events. */
export function taskStream(id: TaskId): string {
  return `task/${id}`;
}
