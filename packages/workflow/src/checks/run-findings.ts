import type { ContentPair, TestRun, TreeChange } from "@phasegate/wire";
import { measuredKind } from "../evidence/code-lines.ts";
import { newExpectedFailures } from "../evidence/inverted-tests.ts";
import { isFrozenBefore } from "../evidence/held-tests.ts";
import { rewrittenTests } from "../evidence/rewritten-tests.ts";
import { maxTextBytes } from "../evidence/needed.ts";
import { shadowsOfProduct, shadowsOfTests } from "../evidence/shadowed-product.ts";
import { testsNotRun } from "../evidence/tests-not-run.ts";
import type { CheckFinding, CheckInput } from "./definition.ts";
import { isSnapshotFile } from "../policy/plain-snapshot.ts";
import { evidenceSubject } from "./evidence-check.ts";
import { counted, listed } from "./outcome.ts";
import { settingsFindings } from "./settings-findings.ts";

/**
 * Names what a reader takes for proof and the run did not prove: tests that did not run or say something else than before,
 * files in the place of the product, settings that changed, what the run wrote over, and snapshots that it stored.
 */
export function runFindings(input: CheckInput, run: TestRun): readonly CheckFinding[] {
  const { workflow, facts, baseTree } = input;
  const { changes = [], contents = {} } = facts.tree?.differences[baseTree] ?? {};
  const { evidenceId } = run;
  const finding =
    (severity: CheckFinding["severity"]) =>
    (name: string, message: string, names: readonly string[]): readonly CheckFinding[] =>
      names.length === 0 ? [] : [{ name, severity, message: `${message}: ${listed(names, 20)}`, evidenceId }];
  const [told, noted] = [finding("warning"), finding("info")];
  const rewritten = rewrittenTests(evidenceSubject(input), run);
  const isFrozen = isFrozenBefore(workflow);
  const isTest = (path: string): boolean => workflow.isTestFile(path) || isFrozen(path);
  const files = { paths: facts.tree?.paths ?? [], changes, contents, isTest };
  return [
    ...told(
      "expected_failures",
      "a test that fails counts as passed here",
      newExpectedFailures(changes, contents, isTest),
    ),
    ...told(
      "tests_not_run",
      "written like tests, and no test of it ran",
      testsNotRun(run, changes, contents, (path) => workflow.isTestFile(path)),
    ),
    ...told(
      "unread_tests",
      "too large for their texts to be looked into, or not UTF-8, so that nothing else is told of what they do",
      unreadTests(changes, contents, (path) => workflow.isTestFile(path)),
    ),
    ...told("rewritten_tests", "tests of the base that say something else now and pass as they did", rewritten.tests),
    ...told("rewritten_tests", "changed beside tests of the base, which may rest on it", rewritten.beside),
    ...noted(
      "rewritten_tests",
      "tests of the base that assert more now, and are else what they were",
      rewritten.stricter,
    ),
    ...noted(
      "rewritten_tests",
      "test files that moved, byte for byte, and whose tests pass as they did",
      // Of the others `removed_tests` tells that they moved.
      rewritten.moved.filter(({ isNamedAlike }) => isNamedAlike).map(({ from, to }) => `${from} -> ${to}`),
    ),
    ...told(
      "shadowed_product",
      "among the tests, and loaded in the place of the product or of others, or says where imports lead or how tests run",
      shadowsOfProduct(files),
    ),
    ...told(
      "shadowed_product",
      "of the product, and loaded in the place of helpers of the base's tests, or of what comes with the language",
      shadowsOfTests(files),
    ),
    ...settingsFindings(input, run),
    ...overwritten(run, facts.evidence?.base),
    ...storedSnapshots(run, facts.evidence?.base, changes),
  ];
}

/** What the run of the base stores as well, where the task touched no snapshot that it holds, is no warning. */
function storedSnapshots(
  { snapshotsWritten = 0, evidenceId }: TestRun,
  base: TestRun | undefined,
  changes: Iterable<TreeChange>,
): readonly CheckFinding[] {
  if (snapshotsWritten === 0) return [];
  const isTouched = [...changes].some(({ kind, path }) => kind !== "added" && isSnapshotFile(path));
  const isUsual = !isTouched && snapshotsWritten <= (base?.snapshotsWritten ?? 0);
  const message = `${counted(snapshotsWritten, "snapshot")} ${snapshotsWritten === 1 ? "was" : "were"} stored by the run, since the tree holds none: tests that compare with them prove nothing`;
  const step =
    "what a run stores is not kept, so the snapshots are written in the workspace, by the runner where it is there, or by hand";
  return isUsual
    ? [{ name: "snapshots_written", severity: "info", message: `as on the base, ${message}`, evidenceId }]
    : [{ name: "snapshots_written", severity: "warning", message: `${message}; ${step}`, evidenceId }];
}

/** Of the languages whose texts are looked into. */
function unreadTests(
  changes: Iterable<TreeChange>,
  texts: Readonly<Record<string, ContentPair>>,
  isTest: (path: string) => boolean,
): readonly string[] {
  const isUnread = ({ path, after }: TreeChange): boolean =>
    after?.type === "file" && (after.size > maxTextBytes || texts[path]?.after === null);
  return [...changes]
    .filter((change) => isUnread(change) && isTest(change.path) && /^(?:js|py|go)$/.test(measuredKind(change.path)))
    .map(({ path }) => path);
}

/** Tests store snapshots in the tree and build in it: what the run of the base writes over as well is no warning. */
function overwritten(run: TestRun, base: TestRun | undefined): readonly CheckFinding[] {
  const { rewrittenFiles: files = [], evidenceId } = run;
  const about = { name: "files_written_over", evidenceId };
  if (files === null) {
    const message = "not told which files of the tree the run wrote over, since it wrote too many";
    return [{ ...about, severity: "warning", message }];
  }
  if (files.length === 0) return [];
  const usual = new Set(base?.rewrittenFiles);
  const message = `written over while the tests ran, which may not have been what the tree holds: ${listed(files, 20)}`;
  return [{ ...about, severity: files.every((file) => usual.has(file)) ? "info" : "warning", message }];
}
