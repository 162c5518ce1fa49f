import type {
  FactKind,
  ContentPair,
  JsonValue,
  Place,
  Reason,
  RuleReference,
  Severity,
  TimeoutAction,
  TreeChange,
  WorkflowDigest,
} from "@phasegate/wire";
import type { CheckDefinition } from "../checks/definition.ts";
import type { TreePaths } from "../policy/held-links.ts";
import type { NormalizedWorkflow } from "./normalized.ts";
import type { JsonObject } from "@phasegate/wire";

/** The outcome of asking a rule: nothing, or the reason for a denial with the rule's place in it. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: Reason };

/** A workflow turned into lookup tables and matchers, once for each digest. Immutable and free of I/O. */
export interface CompiledWorkflow {
  readonly digest: WorkflowDigest;
  readonly normalized: NormalizedWorkflow;
  readonly phases: ReadonlyMap<string, CompiledPhase>;
  readonly initialPhase: CompiledPhase;
  readonly lastPhase: CompiledPhase;
  /** Which untracked files belong to the tree: the union of all write sets, less installed packages that only a name matches. */
  mayBelongToTree(path: string): boolean;
  isScratch(path: string): boolean;
  isTestFile(path: string): boolean;
  /** `.git`, `.phasegate/**`, the workflow file, its schemas. */
  isProtected(path: string): boolean;
}

export interface CompiledPhase {
  readonly id: string;
  readonly name: string;
  readonly index: number;
  readonly isLast: boolean;
  readonly rule: RuleReference;
  readonly allowedTools: readonly string[];
  /** Globs, for snapshots and briefs. */
  readonly writePatterns: readonly string[];
  /** False: commands run on a throwaway copy. */
  readonly mayWrite: boolean;
  readonly bash: { readonly network: "none" | "full"; readonly timeoutSeconds: number };
  readonly freeze: CompiledFreeze | null;
  readonly artifacts: readonly CompiledArtifact[];
  /** Forward and rework transitions out of this phase; that with `to: null` ends the task. */
  readonly exits: readonly CompiledTransition[];
  /** Null: a stay may last for ever. */
  readonly timeLimit: { readonly seconds: number; readonly action: TimeoutAction } | null;
  /** Review models for which the phase asks as soon as it is entered. */
  readonly reviewModels: readonly string[];
  judgeTool(toolName: string): Verdict;
  /** For a single path named by a file tool, before it runs. Protected paths included, freezes not. */
  judgePath(path: string): Verdict;
  /** The places inside a file that phases before this one fix when they are left. */
  fixedPlaces(path: string): readonly FixedPlace[];
  judgeCommand(command: string): Verdict;
  /** Paths of `changes` whose judgement needs both contents (rules that look inside a file). */
  contentsNeeded(changes: readonly TreeChange[]): readonly string[];
  /** One verdict a change that this phase may not make; empty when all are allowed. */
  judgeChanges(
    changes: readonly TreeChange[],
    contents: Readonly<Record<string, ContentPair>>,
  ): readonly ChangeDenial[];
}

/** A JSON pointer into a file, and the phase that fixed what is there. */
export interface FixedPlace {
  readonly phase: string;
  readonly place: string;
}

export interface ChangeDenial {
  readonly path: string;
  readonly reason: Reason;
}

/** What a phase fixed; `changes` are always from the frozen tree to the tree now. */
export interface CompiledFreeze {
  readonly rule: RuleReference;
  /**
   * One denial for each link that these changes put at a frozen path, unless it leads to a plain file of `tree` that is
   * frozen too: else only the link's own text would be fixed, and the file that it leads to could change later. Judged
   * when the phase is left, on what the task changed since its base.
   */
  judgeLinks(changes: readonly TreeChange[], tree: TreePaths): readonly ChangeDenial[];
  readonly patterns: readonly string[];
  /** For a single path named by a file tool, before it runs. */
  judgePath(path: string, exists: boolean): Verdict;
  contentsNeeded(changes: readonly TreeChange[]): readonly string[];
  judgeChanges(
    changes: readonly TreeChange[],
    contents: Readonly<Record<string, ContentPair>>,
  ): readonly ChangeDenial[];
}

export interface CompiledArtifact {
  readonly type: string;
  readonly required: boolean;
  readonly rule: RuleReference;
  readonly validation: readonly CompiledCheck[];
  /** Every place where `data` does not fit the schema: JSON pointer and what was expected. Empty when it fits. */
  validate(data: JsonValue): readonly Place[];
}

export interface CompiledCheck {
  readonly definition: CheckDefinition;
  readonly severity: Severity;
  readonly message: string | null;
  readonly parameters: JsonObject;
  readonly selfReported: boolean;
  /** Kinds of facts that judging takes: `artifacts` where they are self-reported. */
  readonly needs: readonly FactKind[];
  readonly rule: RuleReference;
}

export interface CompiledGate {
  readonly id: string;
  readonly rule: RuleReference;
  readonly checks: readonly CompiledCheck[];
  readonly autoAdvance: boolean;
  /** How long a person has to answer; null: the engine's default. */
  readonly timeoutSeconds: number | null;
  readonly onTimeout: TimeoutAction;
}

export interface CompiledTransition {
  readonly from: string;
  readonly to: string | null;
  readonly kind: "forward" | "rework";
  readonly gates: readonly CompiledGate[];
  readonly rule: RuleReference;
  readonly triggers: readonly { readonly action: string; readonly params: JsonObject }[];
}
