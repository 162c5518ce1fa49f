import type { ApprovalFact, EvidenceFacts, ReviewFact } from "./evidence.ts";
import type { PrincipalId, TaskId, TreeDigest } from "./ids.ts";
import type { JsonValue } from "./json.ts";
import type { TreeChange, UnsupportedEntry } from "./tree.ts";
import type { TaskStatus } from "./status.ts";

/** Text of one path on both sides of a difference; null where it is absent or not UTF-8 text. */
export interface ContentPair {
  readonly before: string | null;
  readonly after: string | null;
}

/** What the beginning of a file is like, for rules that ask whether a person could read it. */
export interface FileSample {
  /** The first bytes, in hexadecimal. */
  readonly head: string;
  /** No zero byte and UTF-8, as far as it was read. */
  readonly isText: boolean;
  /** Bytes of the longest line that is more than one stored text (a key in Base64, a long address), as far as it was read. */
  readonly longestLine: number;
  /** Something that a browser runs stands in it, as far as it was read. */
  readonly hasScript?: boolean;
  /** How it reads otherwise to a program than to a person, or runs where it should store; null where it does not, as far as it was read. */
  readonly disguise: string | null;
  /** What of it nobody sees where it is shown, as far as it was read: an order, a line's end, a character; in data it has its uses. */
  readonly unseen?: string | null;
}

/** The differences from one earlier tree to the tree now. */
export interface TreeDifference {
  readonly from: TreeDigest;
  readonly changes: readonly TreeChange[];
  /** For the paths whose rule looks inside a file (`package.json#/scripts`). */
  readonly contents: Readonly<Record<string, ContentPair>>;
  /** Of changed files as they are now, by path; of very many only the first. */
  readonly samples?: Readonly<Record<string, FileSample>>;
}

/** What the runner read of the workspace, every byte of it. */
export interface TreeFacts {
  readonly digest: TreeDigest;
  readonly unsupported: readonly UnsupportedEntry[];
  /** Untracked files in no phase's write set: outside the tree, listed. */
  readonly litter: readonly string[];
  /** By the digest of the earlier tree: the entry tree and each frozen tree. */
  readonly differences: Readonly<Record<string, TreeDifference>>;
  /** Paths of all entries, for checks that ask whether a file is there. */
  readonly paths: readonly string[];
  /** Those of `paths` that are no plain files. */
  readonly linksAndSubmodules?: readonly string[];
  /** Entry content of single files, of those that a red test was fixed in; what differs from the base tells its own. */
  readonly contentOf?: Readonly<Record<string, string>>;
}

export interface DependencyFact {
  readonly id: TaskId;
  readonly status: TaskStatus;
}

/** Who did the work that a review task is about, and whom they belong to. */
export interface AuthorsFact {
  readonly authors: readonly PrincipalId[];
  readonly authorOwners: readonly PrincipalId[];
}

/**
 * All that a decision may look at besides the task. What is absent was not gathered, and a check that needs it
 * does not pass.
 */
export interface Facts {
  readonly tree?: TreeFacts;
  /** The latest submission of each artifact type, bodies included. */
  readonly artifacts?: Readonly<Record<string, JsonValue>>;
  readonly dependencies?: readonly DependencyFact[];
  readonly evidence?: EvidenceFacts;
  readonly reviews?: readonly ReviewFact[];
  readonly approvals?: readonly ApprovalFact[];
  /** Principals of the same owner as a given one are authors of each other's work. */
  readonly authors?: readonly PrincipalId[];
  /** Of a claim of a review task: of the work that it is about. */
  readonly reviewed?: AuthorsFact;
}

export type FactKind = "tree" | "artifacts" | "evidence" | "reviews" | "approvals";
