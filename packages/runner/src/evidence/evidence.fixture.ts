import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { EvidenceId, JsonObject, TestRun, TreeDigest } from "@phasegate/wire";
import type { TestRunRequest } from "../port.ts";
import {
  openSharedRunner,
  openWorkbench,
  openWorkbenchOn,
  treeOf,
  type SampleRules,
  type SharedRunner,
  type Workbench,
} from "../testing/fixture.ts";
import type { RunnerOptions } from "../workspace/open-runner.ts";

export const nodeCommand =
  "node --test --test-reporter=spec --test-reporter-destination=stdout" +
  " --test-reporter=junit --test-reporter-destination={report}";

interface More {
  readonly rules?: Partial<SampleRules>;
  readonly coverage?: JsonObject;
}

/** A runner in the OS sandbox where there is one, on a repository with these files and this `evidence.tests`. */
export async function openEvidenceBench(
  files: Readonly<Record<string, string>>,
  tests: JsonObject,
  more: More & { readonly options?: Partial<RunnerOptions> } = {},
): Promise<Workbench> {
  return await openWorkbench(files, rulesOf(tests, more), { sandbox: "auto", ...more.options });
}

/** A runner in the OS sandbox where there is one, for many projects: to probe a sandbox takes longer than a run. */
export function openEvidenceRunner(options: Partial<RunnerOptions> = {}): Promise<SharedRunner> {
  return openSharedRunner({ sandbox: "auto", ...options });
}

/** As `openEvidenceBench`, by a runner that is there. */
export async function openEvidenceBenchOn(
  shared: SharedRunner,
  files: Readonly<Record<string, string>>,
  tests: JsonObject,
  more: More = {},
): Promise<Workbench> {
  return await openWorkbenchOn(shared, files, rulesOf(tests, more));
}

function rulesOf(tests: JsonObject, more: More): SampleRules {
  const coverage = more.coverage === undefined ? {} : { coverage: more.coverage };
  return {
    write: ["**"],
    tests: ["test/**", "tests/**"],
    scratch: ["coverage/**", "**/__pycache__/**"],
    evidence: { tests, ...coverage },
    ...more.rules,
  };
}

/** Writes (null: removes) files of the workspace and answers the tree that it then has. */
export async function changed(bench: Workbench, files: Readonly<Record<string, string | null>>): Promise<TreeDigest> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(bench.workspace, name);
    mkdirSync(path.dirname(file), { recursive: true });
    if (content === null) rmSync(file);
    else writeFileSync(file, content);
  }
  return (await treeOf(bench)).digest;
}

export function testsOf(
  bench: Workbench,
  tree: TreeDigest = bench.base.tree,
  more: Partial<TestRunRequest> = {},
): Promise<TestRun> {
  return bench.runner.runTests({
    task: bench.key,
    tree,
    baseTree: bench.base.tree,
    evidenceId: "evd_sample1" as EvidenceId,
    signal: new AbortController().signal,
    ...more,
  });
}

/** Identities and outcomes, in order. */
export function outcomesOf(run: TestRun): string[] {
  return run.cases.map((test) => `${test.outcome}: ${test.identity}`).sort();
}
