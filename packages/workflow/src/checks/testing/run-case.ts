import type {
  EvidenceId,
  LineCoverage,
  RedIdentity,
  TestCase,
  TestOutcome,
  TestRun,
  TreeDigest,
  UnloadedTestFile,
} from "@phasegate/wire";
import { digestBytes } from "@phasegate/wire";
import { baseTree, currentTree } from "./check-case.ts";

/** Files of a run: name of a test -> outcome, or why the file did not load. A test without file stands under `""`. */
export type RunFiles = Readonly<Record<string, Readonly<Record<string, TestOutcome>> | UnloadedTestFile["cause"]>>;

export const redTree = digestBytes("red") as TreeDigest;

/** The run on the base. */
export function onBase(files: RunFiles, more: Partial<TestRun> = {}): TestRun {
  return run(baseTree, files, more);
}

/** The run on the base, overlaid with what the phase may write. */
export function atRed(files: RunFiles, more: Partial<TestRun> = {}): TestRun {
  return run(redTree, files, more);
}

/** The run on the tree that is judged. */
export function now(files: RunFiles, more: Partial<TestRun> = {}): TestRun {
  return run(currentTree, files, more);
}

/** A red test, in a file whose content `changed` gives it. */
export function redTest(file: string, name: string, content = "11"): RedIdentity {
  return { identity: identityOf(file, name), file, wholeFile: false, content, tree: redTree };
}

export function redFile(file: string, content = "11"): RedIdentity {
  return { identity: file, file, wholeFile: true, content, tree: redTree };
}

/** The run on the tree on which these were red, in which they fail once more. */
export function redAgain(reds: readonly RedIdentity[]): readonly TestRun[] {
  const unloadedFiles = reds
    .filter(({ wholeFile }) => wholeFile)
    .map(({ identity }) => ({ file: identity, message: "cannot load", cause: "outside" as const }));
  const cases = reds
    .filter(({ wholeFile }) => !wholeFile)
    .map(({ identity, file }) => ({ ...testCase(file ?? "", "", "failed"), identity }));
  return reds.length === 0 ? [] : [atRed({}, { exitCode: 1, cases, unloadedFiles })];
}

export function identityOf(file: string, name: string): string {
  return file === "" ? name : `${file} > ${name}`;
}

/** Coverage of lines that a run executed, and of those that it did not. */
export function covering(files: LineCoverage["files"], percent = 90): LineCoverage {
  return { files, percent };
}

function run(tree: TreeDigest, files: RunFiles, more: Partial<TestRun>): TestRun {
  const cases: TestCase[] = [];
  const unloadedFiles: UnloadedTestFile[] = [];
  for (const [file, tests] of Object.entries(files)) {
    if (typeof tests === "string") unloadedFiles.push({ file, message: "cannot load", cause: tests });
    else for (const [name, outcome] of Object.entries(tests)) cases.push(testCase(file, name, outcome));
  }
  const fails = unloadedFiles.length > 0 || cases.some(({ outcome }) => outcome === "failed");
  return {
    evidenceId: "evd_01" as EvidenceId,
    tree,
    key: digestBytes("key"),
    command: "npx vitest run",
    status: "completed",
    exitCode: fails ? 1 : 0,
    durationMs: 10,
    cases,
    unloadedFiles,
    flaky: [],
    stoppedEarly: false,
    coverage: null,
    output: "",
    dependencyChange: [],
    ...more,
  };
}

function testCase(file: string, name: string, outcome: TestOutcome): TestCase {
  return {
    identity: identityOf(file, name),
    file: file === "" ? null : file,
    name,
    outcome,
    message: outcome === "failed" ? "expected 1 to be 2" : null,
  };
}
