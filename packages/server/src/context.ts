import type { Ledger, SignedHead } from "@phasegate/ledger";
import type { EvidenceRunner, Runner } from "@phasegate/runner";
import type { TokenClaims } from "@phasegate/engine";
import type { CompiledWorkflow, Diagnostic } from "@phasegate/workflow";
import type { Digest, IdKind, IdTypes, Principal, PrincipalId, WorkflowDigest } from "@phasegate/wire";
import type { Logger } from "pino";
import type { KeyRing } from "./auth/key-ring.ts";
import type { Config } from "./config/config.ts";
import type { CircuitBreakers } from "@phasegate/resilience";
import type { SystemStream } from "./events/system-stream.ts";
import type { RunCache } from "./evidence/run-cache.ts";
import type { RunProgress } from "./evidence/run-progress.ts";
import type { Dispatcher } from "./jobs/dispatcher.ts";
import type { Operations } from "./operations/operations.ts";
import type { Leases } from "./tasks/lease.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";
import type { TaskStore } from "./tasks/task-store.ts";
import type { OpenIntents } from "./tools/open-intents.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { Tracing } from "./telemetry/tracing.ts";

/** The parts that use cases work with. Built once by `composition.ts`; nothing in it is global. */
export interface ServerContext {
  /** As it is now: settings of the effect `runtime` are read where they are used, never kept. */
  readonly config: Config;
  readonly ledger: Ledger;
  readonly runner: Runner & EvidenceRunner;
  readonly workflows: WorkflowRegistry;
  readonly tokens: PhaseTokens;
  readonly keys: KeyRing;
  /** Signs the head of a task's stream at each transition. */
  signHead(head: { stream: string; version: number; hash: Digest }): SignedHead;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly tasks: TaskStore;
  readonly operations: Operations;
  readonly leases: Leases;
  readonly openIntents: OpenIntents;
  readonly jobs: Dispatcher;
  readonly runs: RunCache;
  readonly progress: RunProgress;
  /** Of the outside systems that the server calls. */
  readonly breakers: CircuitBreakers;
  readonly webhooks: Webhooks;
  /** For what concerns no task. */
  readonly system: SystemStream;
}

export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
}

export interface Ids {
  make<Kind extends IdKind>(kind: Kind): IdTypes[Kind];
}

/** Every workflow that a task may pin. */
export interface WorkflowRegistry {
  /** The one of `workflow.file`. */
  readonly defaultDigest: WorkflowDigest;
  get(digest: WorkflowDigest): Promise<CompiledWorkflow | null>;
  /** By name (the newest registered) or digest. */
  find(nameOrDigest: string): Promise<CompiledWorkflow | null>;
  list(): Promise<CompiledWorkflow[]>;
  /** Registers the text of a workflow file. Throws `workflow_invalid` naming each error. */
  registerText(
    source: { text: string; file: string; repository?: string },
    principal: PrincipalId,
  ): Promise<{ workflow: CompiledWorkflow; warnings: readonly Diagnostic[] }>;
  /** Absolute path of the repository that tasks of this workflow work on. */
  repositoryOf(workflow: CompiledWorkflow): string;
}

export interface MintClaims extends TokenClaims {
  readonly allowedTools: readonly string[];
  /** The workflow's own life of a token; null for the configured one. */
  readonly expirySeconds: number | null;
}

export interface MintedToken {
  readonly token: string;
  readonly expiresAt: number;
}

export interface PhaseTokens {
  mint(claims: MintClaims): Promise<MintedToken>;
  /**
   * Signature, algorithm, issuer, audience, times and shape; a small cache holds verified tokens. Throws PhasegateError
   * `token_malformed` or `token_expired`. Liveness (epoch, task, holder) is the engine's to judge.
   */
  verify(token: string): Promise<TokenClaims>;
}

/** Who made the request, as established before any use case runs. */
export interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
  /** Fires when the client is gone or `server.timeout_seconds` are over. */
  readonly signal: AbortSignal;
  /** Version of keys, roles and revocations that `principal` was read at; null for the server itself. */
  readonly authorityVersion: number | null;
  /** Reads the principal again after keys or roles changed; throws `unauthenticated` when its key is gone. */
  revalidate(): Promise<void>;
  /** Set when the request carried an Idempotency-Key; a use case hands it to its append, or the http layer finishes it. */
  readonly idempotency: IdempotentRequest | null;
}

export interface IdempotentRequest {
  readonly scope: string;
  readonly key: string;
  /** Set by the use case whose append carried the answer. */
  finished: boolean;
}
