import type {
  AssuranceLevel,
  ContentPair,
  EvidenceId,
  JsonObject,
  ReasonCode,
  TaskId,
  TestRun,
  TreeChange,
  TreeDigest,
  TreeEntry,
  TreeFacts,
  UnsupportedEntry,
} from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { Collected, CollectRequest } from "./workspace/collection.ts";
import type { DifferencePart, TreeDifferenceText } from "./workspace/tree-difference.ts";

/**
 * The hands of the server: workspaces, trees, tools. It serves facts and knows no checks; what it may keep is
 * decided by the callbacks that it is given, while it holds the workspace's lock.
 */
export interface Runner extends EvidenceRunner {
  /** What the start-up probe found; constant while the runner lives. */
  readonly capabilities: RunnerCapabilities;

  /**
   * Pins a base: brings the repository's history into the mirror and computes the tree of the commit.
   * `ref` null: the repository's current branch. Rejects with `workspace_unavailable` naming repository and ref.
   */
  resolveBase(options: { repository: string; ref: string | null; workflow: CompiledWorkflow }): Promise<ResolvedBase>;

  /** Makes the task's workspace if it is not there, and answers where it is. Idempotent. */
  openWorkspace(task: WorkspaceKey): Promise<WorkspaceInfo>;

  /** Runs a tool that only reads, sharing the workspace. */
  read(call: ToolCall): Promise<ToolOutcome>;

  /**
   * Runs a tool that may write, alone in the workspace. Reconciles outside changes first, runs, ends every
   * process, observes, asks `judges.observed`, and keeps or restores before it resolves.
   */
  act(call: ToolCall, judges: ActJudges): Promise<ActOutcome>;

  /** Takes the workspace alone, ends what runs, reconciles, reads every byte, and calls `use` under the lock. */
  withTree<Result>(request: TreeRequest, use: (facts: TreeFacts) => Promise<Result>): Promise<Result>;

  /** Differences for people: unified text, at most `maxBytes`, of all that changed or of a part. */
  diff(request: DifferencePart & { task: WorkspaceKey; since: TreeDigest }): Promise<TreeDifferenceText>;

  /** Merges a moved base into the workspace. Conflicts leave the tree as it was. */
  sync(request: SyncRequest): Promise<SyncOutcome>;

  /**
   * Refuses work of epochs below `epoch` from now on, ends the older ones' processes, and resolves when they are gone.
   */
  fence(task: TaskId, epoch: number): Promise<void>;

  /** Removes stored trees and contents that nobody needs any more. Safe while everything else goes on. */
  collect(request: CollectRequest): Promise<Collected>;

  /**
   * Removes the workspace of a task that has ended. Its last judged tree and its commits stay, so that its differences
   * can still be shown; a workspace that is opened again is made from them.
   */
  discardWorkspace(task: TaskId): Promise<void>;

  /** Whether git and a command in the sandbox run at this moment, each tried within a bound. Never rejects. */
  probe(): Promise<readonly ProbeResult[]>;

  /** Rejects with `disk_space_low` where too little is free to begin anything that writes. */
  requireSpace(): Promise<void>;

  /** Normalises a path as an agent wrote it to one relative to the workspace, or says why it is none. */
  resolvePath(task: WorkspaceKey, path: string): Promise<ResolvedPath>;

  /** What a file tool would leave at its path, as the workspace is now; null where that is not plain to see. */
  foreseeWrite(task: WorkspaceKey, call: { toolName: string; args: JsonObject }): Promise<ForeseenWrite | null>;

  close(): Promise<void>;
}

/** Evidence: what ran on which exact tree, and what it reported. */
export interface EvidenceRunner {
  /**
   * Runs the workflow's tests on one exact tree, in a clean checkout of it. Never rejects for what the tests did or
   * did not report; rejects with `workspace_unavailable` when the run could not be made at all.
   */
  runTests(request: TestRunRequest): Promise<TestRun>;

  /** Runs one command in the sandbox on a clean checkout of one exact tree. */
  runCommand(request: CommandRunRequest): Promise<{ exitCode: number; output: string; timedOut: boolean }>;

  /**
   * Composes and keeps the tree of `base` with every entry of `from` whose path `include` accepts laid over it, and nothing
   * at the paths `without`.
   */
  overlayTree(request: {
    base: TreeDigest;
    from: TreeDigest;
    include: (path: string) => boolean;
    without?: ReadonlySet<string>;
  }): Promise<TreeDigest>;

  /** The entries of a kept tree, for facts about single files. */
  readTree(tree: TreeDigest): Promise<readonly TreeEntry[]>;

  /** Texts of contents, by content, as far as they are kept, are UTF-8 and no longer than 256 KiB each. */
  readTexts(contents: readonly string[]): Promise<Readonly<Record<string, string>>>;
}

export interface RunnerCapabilities {
  /** `sandboxed` only if every probe failed to get out. */
  readonly assurance: AssuranceLevel;
  /** The data directory is out of reach of the agent's OS user. */
  readonly separateUser: boolean;
  readonly probes: readonly ProbeResult[];
}

export interface ProbeResult {
  readonly name: string;
  /** One line: what was tried. */
  readonly attempt: string;
  readonly held: boolean;
  /** What was seen; what to install or type when it did not hold. */
  readonly detail: string;
}

export interface ResolvedBase {
  readonly ref: string;
  readonly commit: string;
  readonly tree: TreeDigest;
}

export interface WorkspaceKey {
  readonly taskId: TaskId;
  readonly repository: string;
  readonly base: { readonly ref: string; readonly commit: string };
  readonly workflow: CompiledWorkflow;
}

export interface WorkspaceInfo {
  /** Host path. In the sandbox it is always `/workspace`. */
  readonly path: string;
  readonly mode: "clone";
}

export interface ToolCall {
  readonly task: WorkspaceKey;
  readonly epoch: number;
  readonly toolName: string;
  readonly args: JsonObject;
  /** `throwaway`: on a copy whose changes vanish (phases that may write nothing). */
  readonly on: "workspace" | "throwaway";
  readonly network: "none" | "full";
  /** The phase's limit; `args.timeout` can only ask for less. */
  readonly timeoutSeconds: number;
  readonly entryTree: TreeDigest;
  readonly baseTree: TreeDigest;
  /** Last line of defence: aborts when the caller is gone or the server stops. */
  readonly signal: AbortSignal;
}

/** How a tool ended. `failed`: it ran and said no (`tool_failed`), or was refused by the runner (its own code). */
export type ToolOutcome =
  | { readonly status: "completed"; readonly result: JsonObject; readonly durationMs: number; readonly commit?: string }
  | {
      readonly status: "failed";
      readonly code: ReasonCode;
      readonly message: string;
      readonly hint?: string;
      readonly result: JsonObject | null;
      readonly durationMs: number;
    };

/** What a call, or someone outside, did to the workspace. */
export interface Observation {
  readonly treeBefore: TreeDigest;
  readonly treeAfter: TreeDigest;
  readonly changes: readonly TreeChange[];
  /** From the entry tree to the tree after, restricted to the paths in `changes`. */
  readonly entryChanges: readonly TreeChange[];
  /** Text of the changed paths that a rule looks into. */
  readonly contents: Readonly<Record<string, ContentPair>>;
  readonly unsupported: readonly UnsupportedEntry[];
}

/** `all`: restore everything that changed; a list: restore these paths; `none`: keep. */
export type RollBack = "none" | "all" | readonly string[];

export interface ActJudges {
  /** Paths of these changes whose texts the rules need. */
  contentsNeeded(changes: readonly TreeChange[]): readonly string[];
  /** Called before the tool runs, only when the workspace changed since its last use. */
  changedOutside(observation: Observation): Promise<RollBack>;
  /** Called after the tool ran and nothing of it runs any more. */
  observed(observation: Observation, outcome: ToolOutcome): Promise<RollBack>;
}

export interface ActOutcome {
  readonly outcome: ToolOutcome;
  readonly observation: Observation;
  /** What was put back. */
  readonly rolledBack: RollBack;
  /** Paths that came and that no phase may write: they stay, and count for nothing. */
  readonly litter: readonly string[];
  /**
   * What became of the agent's own `.git` where the call had changed it and was put back. `left`: its index, refs and
   * stash are as the call left them; `made_anew`: what it kept is gone.
   */
  readonly git?: "put_back" | "left" | "made_anew";
}

export interface TreeRequest {
  readonly task: WorkspaceKey;
  readonly epoch: number | null;
  /** Trees to compare with: the entry tree and the frozen ones. */
  readonly compareWith: readonly TreeDigest[];
  contentsNeeded(changes: readonly TreeChange[]): readonly string[];
  /** As in `ActJudges`. */
  changedOutside(observation: Observation): Promise<RollBack>;
}

export interface TestRunRequest {
  readonly task: WorkspaceKey;
  readonly tree: TreeDigest;
  /** Of the base commit: `setup` runs on it, and decides whether a task changed its inputs. */
  readonly baseTree: TreeDigest;
  readonly evidenceId: EvidenceId;
  /** Only these files or names, as the test runner takes them; for the tool `run_tests`, never for a gate. */
  readonly selection?: string;
  /** How often failing tests are run again, where that is not as the workflow says. */
  readonly retries?: number;
  /** Whether tests that must fail are run behind it: where a gate looks at it, or where it passed and one may later. */
  readonly canary?: "if_reported" | "if_passed";
  /** For whom it runs: owners take turns. The task itself where absent. */
  readonly owner?: string;
  /** Called when it has a place to run. */
  readonly onStart?: () => void;
  readonly signal: AbortSignal;
}

export interface CommandRunRequest {
  readonly task: WorkspaceKey;
  readonly tree: TreeDigest;
  readonly baseTree: TreeDigest;
  readonly command: string;
  readonly timeoutSeconds: number;
  /** As in `TestRunRequest`. */
  readonly owner?: string;
  /** As in `TestRunRequest`. */
  readonly onStart?: () => void;
  readonly signal: AbortSignal;
}

export interface SyncRequest {
  readonly task: WorkspaceKey;
  readonly ref: string;
  readonly entryTree: TreeDigest;
  readonly frozenTrees: readonly TreeDigest[];
}

export type SyncOutcome =
  | { readonly status: "conflicts"; readonly conflicts: readonly string[] }
  | {
      readonly status: "merged";
      readonly base: { readonly ref: string; readonly commit: string };
      /** Of the new base commit. */
      readonly baseTree: TreeDigest;
      /** Of the workspace, before the merge and after. */
      readonly treeBefore: TreeDigest;
      readonly tree: TreeDigest;
      readonly entryTree: TreeDigest;
      readonly frozenTrees: readonly TreeDigest[];
    };

/** A change that a file tool would make, with both texts. */
export interface ForeseenWrite {
  readonly change: TreeChange;
  readonly contents: ContentPair;
}

export type ResolvedPath =
  | { readonly status: "inside"; readonly path: string; readonly exists: boolean }
  | { readonly status: "refused"; readonly code: "path_outside_workspace" | "path_invalid"; readonly message: string };
