import type { Digest, EvidenceId, PrincipalId, TreeDigest } from "./ids.ts";
import type { JsonValue } from "./json.ts";

/**
 * Why something ran. `red`: the base overlaid with what the phase may write. `red_again`: a tree on which tests were red,
 * at the time at which they are to be green. `base_tests`: the judged tree with the tests of the base. `tool`: an agent
 * asked, no gate uses it.
 */
export const evidencePurposes = ["base", "red", "red_again", "current", "base_tests", "command", "tool"] as const;
export type EvidencePurpose = (typeof evidencePurposes)[number];

export type TestOutcome = "passed" | "failed" | "skipped" | "todo";

/** One test of one run. */
export interface TestCase {
  /**
   * The same test has the same identity in every run: report (package), file where the format gives it, suite path,
   * name, and an ordinal among equal names, joined by ` > `.
   */
  readonly identity: string;
  /** Relative to the workspace; null where the format does not tell. */
  readonly file: string | null;
  readonly name: string;
  readonly outcome: TestOutcome;
  /** Why it failed, cut to 2 kB; null when it did not. */
  readonly message: string | null;
}

/** A test file of one run that could not be loaded, so that it has no cases: one red identity. */
export interface UnloadedTestFile {
  readonly file: string;
  readonly message: string;
  /** `in_test`: a syntax error, or an import between test files; `outside`: what it imports is missing or broken. */
  readonly cause: "in_test" | "outside" | "unclassified";
}

export type TestRunStatus =
  /** The command ran and its report was read, whatever the tests did. */
  | "completed"
  | "timed_out"
  /** Ended for a bound other than time: memory, processes, processor time, output, disk. */
  | "over_limit"
  | "no_report"
  | "report_invalid"
  /** The report and the exit code contradict each other. */
  | "contradiction"
  | "setup_failed"
  | "prepare_failed";

export interface LineCoverage {
  /** Executed lines by file, of those that can be executed. */
  readonly files: Readonly<
    Record<string, { readonly covered: readonly number[]; readonly uncovered: readonly number[] }>
  >;
  /** 0 to 100. */
  readonly percent: number;
}

/** What became of tests that must fail, put into test files of the tree and run as those are. */
export type CanaryOutcome =
  /** Each was reported as failed. */
  | "failed_as_it_must"
  /** At least one was reported as passed: failures of this tree's tests do not show. */
  | "passed"
  /** At least one test file that reports tests did not report them as failed. */
  | "missing"
  /** Not known how to put one where the command surely runs it. */
  | "not_applicable";

export interface Canary {
  readonly outcome: CanaryOutcome;
  /** What was seen, why it is not applicable, or where none was tried, in one line; null where each failed. */
  readonly seen: string | null;
}

/** What one run of the workflow's tests on one tree reported. It proves that, and nothing about honesty of the code. */
export interface TestRun {
  readonly evidenceId: EvidenceId;
  readonly tree: TreeDigest;
  /** Of command, environment, setup layer, sandbox profile and workflow: equal keys and trees give reusable passes. */
  readonly key: Digest;
  readonly command: string;
  readonly status: TestRunStatus;
  readonly exitCode: number | null;
  readonly durationMs: number;
  readonly cases: readonly TestCase[];
  readonly unloadedFiles: readonly UnloadedTestFile[];
  /** Identities with both outcomes on this tree (a retry passed): never RED. */
  readonly flaky: readonly string[];
  /** The whole run stopped at one broken file, so that other identities are unknown (compiled languages). */
  readonly stoppedEarly: boolean;
  /**
   * Files whose test names differed between two runs of this tree: their tests are compared by file. null: the tests
   * whose format names no file.
   */
  readonly unstableFiles?: readonly (string | null)[];
  readonly coverage: LineCoverage | null;
  /** Snapshots that the run wrote since none was stored: what is compared with them proves nothing. Absent: none, or not told. */
  readonly snapshotsWritten?: number;
  /**
   * Files of the tree that the run itself wrote, replaced or removed in its checkout, those of the tests first, the first
   * 200; what they hold at its end may be what they held before. null: not told. Absent: none, or a version that did not look.
   */
  readonly rewrittenFiles?: readonly string[] | null;
  /** Of runs that a gate looks at; absent where none was asked for. */
  readonly canary?: Canary;
  /** Why there is no report or no coverage to judge by, in one line, where the run tells more than its status. */
  readonly problem?: string;
  /** Last 4 kB of the output, for people. */
  readonly output: string;
  /** Inputs of `setup` that differ from the base: shown to approvers. */
  readonly dependencyChange: readonly string[];
}

/** A test that was failing when its phase was left, with the file that it was fixed in. */
export interface RedIdentity {
  readonly identity: string;
  readonly file: string | null;
  /** True when the file did not load: then the file is the identity. */
  readonly wholeFile: boolean;
  /** Entry content of the file in the tree at RED; null where the format names no file. */
  readonly content: string | null;
  /**
   * On which it was red: the base with the changes of the phase that wrote it. Absent in ledgers of versions that did
   * not keep it: nothing shows then that it fails without the implementation.
   */
  readonly tree?: TreeDigest;
  /**
   * No test, but a file that the phase wrote beside: a red test may read or load it, or, where the report named no files,
   * be in it. It opens and holds no gate; what a rework changes is compared with it.
   */
  readonly isStandIn?: true;
}

/** Facts that the evidence checks look at. Absent members were not gathered. */
export interface EvidenceFacts {
  /** On the base commit. */
  readonly base?: TestRun;
  /** On the base overlaid with what the phase may write. */
  readonly red?: TestRun;
  /** On exactly the tree that is judged. */
  readonly current?: TestRun;
  /** On the judged tree, in which tests, and what only phases of red tests may write, are as the base has them. */
  readonly baseTests?: TestRun;
  /** Test files of the base that do not load on the judged product and kept others from running: `baseTests` ran without them. */
  readonly baseTestsLeftOut?: readonly UnloadedTestFile[];
  /** As `failedEarlier`, of the tree of `baseTests`. */
  readonly baseTestsFailedEarlier?: readonly string[];
  /** Of every RED that this task has passed and that no rework undid. */
  readonly redIdentities?: readonly RedIdentity[];
  /** What was written beside those files and tests, as it was then. */
  readonly besideReds?: readonly RedIdentity[];
  /** Of every RED that a rework has undone, as far as it is kept, with the phase that was left by it. */
  readonly earlierReds?: readonly (RedIdentity & { readonly phase: string })[];
  /** What files of those held that hold something else now, by content, as far as it is kept; bounded. */
  readonly earlierTexts?: Readonly<Record<string, string>>;
  /** On each tree on which tests were red, made beside `current`; absent where `current` is not green anyway. */
  readonly redAgain?: readonly TestRun[];
  /** Identities and files that failed when all tests of the judged tree ran earlier for this task; bounded. */
  readonly failedEarlier?: readonly string[];
  /** Runs with failures that are no longer remembered, of whichever tree. */
  readonly failuresForgotten?: number;
  /** Identities that passed at an earlier gate of this task. */
  readonly passedEarlier?: readonly string[];
  /** Exit codes of `command` checks, by the digest of their parameters. */
  readonly commands?: Readonly<
    Record<string, { readonly exitCode: number; readonly evidenceId: EvidenceId; readonly output: string }>
  >;
}

/** One review of one tree, by a principal other than the author. */
export interface ReviewFact {
  readonly reviewer: PrincipalId;
  /** The review model: `security`, `quality`. */
  readonly model: string;
  readonly tree: TreeDigest;
  readonly verdict: "passed" | "failed";
  readonly issues: readonly {
    readonly severity: "blocking" | "warning" | "info";
    readonly message: string;
    readonly path?: string;
    readonly resolved?: boolean;
  }[];
  readonly body?: JsonValue;
  /** The reviewer has reviewed another tree as this model since: it counts against the work still, and no longer for it. */
  readonly superseded?: boolean;
  /** Types of artifacts of other phases that are not, or not so, what lay before the reviewer. */
  readonly otherArtifacts?: readonly string[];
}

/** Approvals that stand for the digest that is judged. */
export interface ApprovalFact {
  readonly gate: string;
  readonly digest: Digest;
  readonly by: PrincipalId;
  readonly kind: "person" | "agent" | "service";
  readonly roles: readonly string[];
  /** Who answers for the principal; null where it is nobody else. */
  readonly owner?: PrincipalId | null;
  /** Of a service. */
  readonly name?: string;
}
