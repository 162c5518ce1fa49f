import type { Digest, JsonObject, JsonValue, ReasonCode } from "@phasegate/wire";
import type { CanonicalPayload } from "../append-checks.ts";
import type { AppendBatch, IdempotencyState, Job, Ledger, SignedHead } from "../port.ts";

/** How much a commit waits for the disk: `full` survives power loss, `normal` a crash of the process only. */
export type Durability = "full" | "normal";

export interface WriterOptions {
  readonly file: string;
  readonly durability: Durability;
  readonly busyTimeoutMs: number;
}

/** An append as it crosses to the writer: data is canonical text, the signature is made. */
export interface AppendOperation extends Omit<AppendBatch, "events" | "payloads" | "signHead"> {
  readonly kind: "append";
  /** `facts` is the key of the audit counter that the event adds to. */
  readonly events: readonly {
    readonly id: string;
    readonly type: string;
    readonly data: string;
    readonly facts: string;
  }[];
  readonly payloads: readonly CanonicalPayload[];
  /** With the hash that the head must come out with; on another the batch conflicts. */
  readonly signed: (SignedHead & { readonly hash: Digest }) | null;
}

export type AppendOutcome =
  | {
      readonly status: "appended";
      readonly firstPosition: number;
      readonly previousHash: Digest | null;
      readonly hashes: readonly Digest[];
    }
  | { readonly status: "conflict"; readonly actualVersion: number; readonly cause: "version" | "authority" };

type Argument<Method extends keyof Ledger> = Ledger[Method] extends (argument: infer A, ...rest: never[]) => unknown
  ? A
  : never;

/** Every write beside appends, by kind: what it is given and what it answers. */
export interface WriterCalls {
  renewLease: { argument: Argument<"renewLease">; answer: boolean };
  erasePayload: { argument: Digest; answer: boolean };
  expirePayload: { argument: Argument<"expirePayload">; answer: boolean };
  beginIdempotent: { argument: Argument<"beginIdempotent">; answer: IdempotencyState };
  finishIdempotent: { argument: { scope: string; key: string; answer: JsonObject }; answer: null };
  forgetIdempotent: { argument: { scope: string; key: string }; answer: null };
  recoverIdempotent: { argument: number; answer: null };
  putWorkflow: { argument: { digest: string; name: string; body: JsonValue }; answer: null };
  takeJobs: { argument: Argument<"takeJobs">; answer: Job[] };
  renewJob: { argument: Argument<"renewJob">; answer: boolean };
  finishJob: { argument: Argument<"finishJob">; answer: boolean };
  postponeJob: { argument: Argument<"postponeJob">; answer: boolean };
  cancelJobs: { argument: Argument<"cancelJobs">; answer: number };
  moveCursor: { argument: Argument<"moveCursor">; answer: null };
  probe: { argument: null; answer: null };
}

export type CallKind = keyof WriterCalls;
export type CallOperation = {
  [Kind in CallKind]: { readonly kind: Kind; readonly argument: WriterCalls[Kind]["argument"] };
}[CallKind];

export type WriterOperation = AppendOperation | CallOperation;

export type WriterOutcome =
  { readonly ok: true; readonly answer: unknown } | { readonly ok: false; readonly failure: WriterFailure };

/** A PhasegateError in the form that crosses threads. */
export interface WriterFailure {
  readonly code: ReasonCode;
  readonly message: string;
  readonly hint: string | null;
  readonly cause: { readonly message: string; readonly resultCode: number | null } | null;
}

/** One transaction of the writer. */
export interface CommittedGroup {
  readonly operations: number;
  /** Of the commit itself, with the wait for the disk. */
  readonly commitSeconds: number;
}

/** What the ledger tells its writer. */
export type ToWriter =
  | { readonly type: "operations"; readonly number: number; readonly operations: readonly WriterOperation[] }
  | { readonly type: "close" };

/** What the writer answers: once whether it opened, then the outcomes of each committed group. */
export type FromWriter =
  | { readonly type: "opened"; readonly lastPosition: number; readonly authorityVersion: number }
  | { readonly type: "not_opened"; readonly failure: WriterFailure }
  | {
      readonly type: "committed";
      /** Null after a fault, when what stands in the file is not known here. */
      readonly authorityVersion: number | null;
      readonly group: CommittedGroup;
      readonly batches: readonly { readonly number: number; readonly outcomes: readonly WriterOutcome[] }[];
    }
  | { readonly type: "closed" };
