import type { EvidenceId, FactKind, Facts, FindingSource, JsonObject, RuleReference } from "@phasegate/wire";
import type { TSchema } from "typebox";
import type { CompiledWorkflow } from "../model/compiled.ts";

/** A check: one rule about a task that is about to leave a phase. Judging is pure. */
export interface CheckDefinition {
  readonly name: string;
  /** Shorthands under which workflow files may name it, for instance `red`. */
  readonly aliases: readonly string[];
  /** First line of the reference entry: when it passes. */
  readonly passesWhen: string;
  readonly parameters: TSchema;
  readonly needs: readonly FactKind[];
  /** Where it depends on the parameters which facts it looks at; narrows `needs`. */
  needsFor?(parameters: JsonObject): readonly FactKind[];
  readonly source: FindingSource;
  /** True when an agent's artifact can stand in for the facts, where the workflow says so. */
  readonly selfReportable: boolean;
  /** The artifact fields that it reads, for the reference; left out when it reads none. */
  readonly fields?: readonly string[];
  /** Checks that only advise: a workflow cannot make them blocking. */
  readonly warningOnly: boolean;
  judge(input: CheckInput): CheckOutcome;
}

export interface CheckInput {
  readonly workflow: CompiledWorkflow;
  readonly phase: string;
  readonly parameters: JsonObject;
  readonly facts: Facts;
  /** Of the phase's entry; `facts.tree.differences` is keyed by it. */
  readonly entryTree: string;
  /** Of the base commit: what differs from it is the work of this task. */
  readonly baseTree: string;
  /** Tree digests of the freezes in force, with the place of their rule. */
  readonly freezes: readonly { readonly phase: string; readonly tree: string; readonly rule: RuleReference }[];
  /** Facts come from the submitted artifacts, by the workflow's own choice. */
  readonly selfReported: boolean;
  /** Names of the blocking checks on gathered facts in the same gate: what one of them tells need not be told twice. */
  readonly beside?: ReadonlySet<string>;
}

/** What a check saw besides its verdict, for reviewers, approvers and the attestation; it never blocks. */
export interface CheckFinding {
  /**
   * Stable, the `check` of the finding: `weak_red`, `flaky`, `unclassified`, `failed_on_base`, `removed_tests`, `rewritten_tests`,
   * `coverage_excluded`, `coverage_left_out`, `coverage_unmeasured`, `canary_not_applicable`, `canary_partial`, `skipped_tests`,
   * `tests_not_run`, `expected_failures`, `snapshots_written`, `files_written_over`, `shadowed_product`, `changed_settings`,
   * `unread_tests`, `data_after_red`, `unstable_names`.
   */
  readonly name: string;
  readonly severity: "warning" | "info";
  readonly message: string;
  readonly evidenceId?: EvidenceId;
}

export type CheckOutcome =
  | {
      readonly passed: true;
      readonly note?: string;
      readonly evidenceId?: EvidenceId;
      readonly findings?: readonly CheckFinding[];
    }
  | {
      readonly passed: false;
      readonly message: string;
      readonly hint?: string;
      readonly evidenceId?: EvidenceId;
      readonly findings?: readonly CheckFinding[];
    };
