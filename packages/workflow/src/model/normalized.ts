import type {
  AssuranceLevel,
  EnforcementMode,
  JsonObject,
  JsonValue,
  RuleReference,
  Severity,
  TimeoutAction,
  WorkflowDigest,
} from "@phasegate/wire";

/** Everything about a workflow that its digest covers: expanded, with defaults filled in, plain JSON. */
export interface NormalizedWorkflow {
  readonly name: string;
  readonly version: string | null;
  readonly description: string | null;
  /** True when the file uses only keys of the older format: see docs/reference/older-files.md. */
  readonly older: boolean;
  readonly mode: EnforcementMode;
  /** The least assurance that a task of this workflow runs at. */
  readonly assurance: AssuranceLevel;
  readonly workspace: NormalizedWorkspace;
  readonly evidence: JsonObject | null;
  /** The first is initial, the last ends the task. */
  readonly phases: readonly NormalizedPhase[];
  readonly transitions: readonly NormalizedTransition[];
  /** Globs that no phase may change, besides `.git` and `.phasegate/**`: the workflow file and its schemas. */
  readonly protected: readonly string[];
  readonly coordination: { readonly leaseSeconds: number | null };
  readonly tokens: { readonly expirySeconds: number | null };
}

export interface NormalizedWorkspace {
  /** Relative to the workflow file. */
  readonly repository: string;
  readonly base: string | null;
  readonly setup: { readonly command: string; readonly inputs: readonly string[] } | null;
  readonly testPatterns: readonly string[];
  readonly scratch: readonly string[];
  readonly ignore: readonly string[];
}

/** A glob over workspace paths, perhaps narrowed to places inside a file: `package.json#/scripts`. */
export interface NormalizedPattern {
  readonly glob: string;
  /** JSON pointer (RFC 6901) into JSON, YAML or TOML; null for the whole file. */
  readonly pointer: string | null;
}

export interface NormalizedPhase {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** Canonical tool names, groups expanded, forbidden ones removed. */
  readonly allowedTools: readonly string[];
  readonly forbiddenTools: readonly string[];
  /** What the phase may change. Forbidden wins. */
  readonly write: { readonly allowed: readonly NormalizedPattern[]; readonly forbidden: readonly NormalizedPattern[] };
  readonly bash: {
    /** null: any command. */
    readonly allowedCommands: readonly string[] | null;
    readonly forbiddenCommands: readonly string[];
    readonly network: "none" | "full";
    readonly timeoutSeconds: number;
  };
  readonly freeze: { readonly paths: readonly NormalizedPattern[]; readonly mayAdd: readonly string[] } | null;
  readonly artifacts: readonly NormalizedArtifact[];
  /** How long a stay may last from when it is first worked in. */
  readonly timeoutSeconds: number | null;
  /** Absent: `escalate`. */
  readonly onTimeout?: TimeoutAction;
  readonly autoSpawn: readonly JsonObject[];
}

export interface NormalizedArtifact {
  readonly type: string;
  readonly required: boolean;
  readonly description: string | null;
  /** The schema itself, not its name; null when any JSON will do. */
  readonly schema: JsonValue | null;
  readonly validation: readonly NormalizedCheck[];
}

export interface NormalizedCheck {
  readonly check: string;
  readonly severity: Severity;
  /** The workflow's own words; null for the check's. */
  readonly message: string | null;
  readonly parameters: JsonObject;
  /** Take the facts from what the agent submitted. */
  readonly selfReported: boolean;
}

export interface NormalizedGate {
  readonly id: string;
  readonly checks: readonly NormalizedCheck[];
  readonly timeoutSeconds: number | null;
  readonly onTimeout: TimeoutAction;
  readonly autoAdvance: boolean;
}

export interface NormalizedTransition {
  readonly from: string;
  /** null: the end of the task, reached by `complete`. */
  readonly to: string | null;
  readonly kind: "forward" | "rework";
  readonly gates: readonly NormalizedGate[];
  readonly triggers: readonly { readonly action: string; readonly params: JsonObject }[];
}

/** A workflow as the server keeps it under its digest; enough to judge by it years later. */
export interface StoredWorkflow {
  readonly digest: WorkflowDigest;
  readonly normalized: NormalizedWorkflow;
  /** JSON pointer into `normalized` -> `file:line:column`. Not covered by the digest. */
  readonly positions: Readonly<Record<string, RuleReference>>;
}
