import { digestJson, type Digest, type JsonObject, type TreeChange } from "@phasegate/wire";
import type { CompiledCheck, CompiledPhase, CompiledWorkflow } from "../model/compiled.ts";
import { evidenceWorkflow } from "./settings.ts";
import { isTestSettings } from "./test-settings/changed-settings.ts";
import { isLockFile, maxLockBytes } from "./test-settings/lock-files.ts";
import { mayHaveMoved } from "./tests-elsewhere.ts";

/** One run of a `command` check. */
export interface CommandNeeded {
  /** Under which `EvidenceFacts.commands` holds its outcome. */
  readonly key: Digest;
  /** The command line, from the root of the checkout. */
  readonly run: string;
  readonly timeoutSeconds: number;
}

/** The runs that checks ask for. */
export interface EvidenceNeeded {
  readonly base: boolean;
  readonly red: boolean;
  readonly current: boolean;
  /** On the trees that `treesToBeRedAgain` names, once `current` is there. */
  readonly redAgain: boolean;
  readonly baseTests: boolean;
  /** Each once. */
  readonly commands: readonly CommandNeeded[];
  /** The run on the current tree has to measure coverage. */
  readonly coverage: boolean;
}

const defaultCommandSeconds = 600;

/** Which runs each check looks at. */
const runsOf: Readonly<Record<string, readonly ("base" | "red" | "current" | "red_again" | "base_tests")[]>> = {
  tests_are_failing: ["base", "red"],
  all_tests_pass: ["base", "current", "red_again"],
  base_tests_pass: ["base", "base_tests"],
  no_skipped_tests: ["base", "current"],
  coverage_threshold_met: ["current"],
  tests_were_run: ["current"],
  tests_failed: ["current"],
  tests_passed: ["current"],
};

/** The runs that must be made before these checks can be judged; none for those that take the agent's word. */
export function evidenceNeeded(checks: readonly CompiledCheck[]): EvidenceNeeded {
  const gathered = checks.filter(({ selfReported }) => !selfReported);
  const runs = new Set(gathered.flatMap(({ definition }) => runsOf[definition.name] ?? []));
  const commands = gathered
    .filter(({ definition }) => definition.name === "command")
    .map(({ parameters }) => commandNeeded(parameters));
  return {
    base: runs.has("base"),
    red: runs.has("red"),
    current: runs.has("current"),
    redAgain: runs.has("red_again"),
    baseTests: runs.has("base_tests"),
    commands: [...new Map(commands.map((command) => [command.key, command])).values()],
    coverage: gathered.some(({ definition }) => definition.name === "coverage_threshold_met"),
  };
}

/** Under which `EvidenceFacts.commands` holds the outcome of a `command` check with these parameters. */
export function commandKey(parameters: JsonObject): Digest {
  return digestJson(parameters);
}

/** The paths that lie over the base in the tree of RED: what the phase may write. */
export function redTreePaths(phase: Pick<CompiledPhase, "judgePath">): (path: string) => boolean {
  return (path) => phase.judgePath(path).allowed;
}

/**
 * The paths that are as the base has them in the tree of `base_tests`: of what phases may write that are left by red
 * tests, the tests and what no other phase may write, or not once it is frozen; tests that no phase may write; and mocks,
 * snapshots and data in folders from which nothing but tests loads by itself. What else only other phases may write is
 * product, whatever its name.
 */
export function baseTestPaths({
  isTestFile,
  phases,
}: Pick<CompiledWorkflow, "isTestFile" | "phases">): (path: string) => boolean {
  const all = [...phases.values()];
  const [ofTests, others] = [all.filter(asksForRed), all.filter((phase) => !asksForRed(phase))];
  const isOfTests = (path: string): boolean => isTestFile(path) || mayWrite(ofTests, path);
  const isFrozen = (path: string): boolean =>
    ofTests.some(({ freeze }) => freeze !== null && !freeze.judgePath(path, true).allowed);
  const mayWrite = (writers: readonly CompiledPhase[], path: string): boolean =>
    writers.some((phase) => phase.judgePath(path).allowed);
  return (path) =>
    ofTestsAlone.test(path) ||
    (mayWrite(others, path) && !isFrozen(path) ? isTestFile(path) && mayWrite(ofTests, path) : isOfTests(path));
}

/** Folders that test runners and compilers know as none of the product. */
const ofTestsAlone = /(?:^|\/)(?:__mocks__|__snapshots__|__fixtures__|testdata)\//;

/** Whether a phase is left by red tests: what it may write are tests. */
export function asksForRed({ exits }: CompiledPhase): boolean {
  return exits.some(({ gates }) =>
    gates.some(({ checks }) => checks.some(({ definition }) => definition.name === "tests_are_failing")),
  );
}

/** Largest file whose text is looked into for what keeps its lines from being counted. */
export const maxTextBytes = 256 * 1024;

/**
 * Paths of `changes` whose texts checks on evidence look into: test files, for the tests that they leave out or held before
 * they went elsewhere, and settings, for what they say of tests; where the
 * workflow measures coverage, also for which lines changed (`weak_red`), for comments that take lines out of the
 * coverage, and for what loads a file that is named like a test.
 */
export function textsForEvidence(
  workflow: Pick<CompiledWorkflow, "isTestFile" | "normalized">,
  phase: Pick<CompiledPhase, "exits">,
  changes: readonly TreeChange[],
): readonly string[] {
  const checks = phase.exits.flatMap(({ gates }) => gates.flatMap((gate) => gate.checks));
  const asks = (name: string): boolean =>
    checks.some(({ definition, selfReported }) => definition.name === name && !selfReported);
  const [looksAtLines, countsLines] = [asks("all_tests_pass"), asks("coverage_threshold_met")];
  const looksAtTests = looksAtLines || asks("tests_are_failing");
  const looksAtSettings = looksAtTests || asks("base_tests_pass");
  const hasCoverage = evidenceWorkflow(workflow.normalized.evidence).coverage !== null;
  return changes
    .filter((change) => {
      const { kind, path, after } = change;
      if (looksAtTests && workflow.isTestFile(path) && mayHaveMoved(change, maxTextBytes)) return true;
      if (after?.type !== "file") return false;
      if (looksAtTests && workflow.isTestFile(path) && after.size <= maxTextBytes) return true;
      if (looksAtSettings && isTestSettings(path) && after.size <= maxTextBytes) return true;
      if (looksAtSettings && isLockFile(path) && after.size <= maxLockBytes) return true;
      if (!hasCoverage) return false;
      if (kind === "modified" && looksAtLines && !workflow.isTestFile(path)) return true;
      return (looksAtLines || countsLines) && after.size <= maxTextBytes;
    })
    .map(({ path }) => path);
}

/** Paths of `changes` whose texts the checks on the tree look into, besides those that rules look into. */
export function textsForTree(phase: Pick<CompiledPhase, "exits">, changes: readonly TreeChange[]): readonly string[] {
  const checks = phase.exits.flatMap(({ gates }) => gates.flatMap((gate) => gate.checks));
  if (!checks.some(({ definition }) => definition.name === "no_commented_out_code")) return [];
  return changes.filter(({ after }) => after?.type === "file" && after.size <= maxTextBytes).map(({ path }) => path);
}

function commandNeeded(parameters: JsonObject): CommandNeeded {
  const { run, cwd, timeout_seconds: seconds } = parameters;
  const line = typeof run === "string" ? run : "";
  return {
    key: commandKey(parameters),
    run: typeof cwd === "string" ? `cd -- ${quoted(cwd)} || exit 1\n${line}` : line,
    timeoutSeconds: typeof seconds === "number" ? seconds : defaultCommandSeconds,
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
