import {
  digestJson,
  type EvidenceId,
  type EvidencePurpose,
  type TestOutcome,
  type TestRun,
  type TreeDigest,
} from "@phasegate/wire";
import type { Decision } from "../commands.ts";
import { server } from "./principals.ts";
import type { Story } from "./story.ts";

/** A run whose tests, by name, ended so. The identity of each is its name. */
export function runOf(
  evidence: string,
  tree: TreeDigest,
  tests: Readonly<Record<string, TestOutcome>> = { adds: "passed" },
): TestRun {
  return {
    evidenceId: `evd_${evidence}` as EvidenceId,
    tree,
    key: digestJson("key"),
    command: "npm test",
    status: "completed",
    exitCode: Object.values(tests).includes("failed") ? 1 : 0,
    durationMs: 1,
    cases: Object.entries(tests).map(([name, outcome]) => ({
      identity: name,
      file: "test/a.test.ts",
      name,
      outcome,
      message: null,
    })),
    unloadedFiles: [],
    flaky: [],
    stoppedEarly: false,
    coverage: null,
    output: "",
    dependencyChange: [],
  };
}

/** Records a run as the server does. */
export function record(
  story: Story,
  purpose: EvidencePurpose,
  run: TestRun,
  { sourceTree = null, selected = false }: { sourceTree?: TreeDigest | null; selected?: boolean } = {},
): Decision {
  return story.do(server, {
    type: "record_evidence",
    evidenceId: run.evidenceId,
    purpose,
    tree: run.tree,
    sourceTree,
    key: run.key,
    resultDigest: digestJson(run),
    status: run.status,
    failed: run.exitCode === 0 ? null : digestJson(run.cases),
    selected,
    operationId: story.task.pendingTransition?.operationId ?? null,
  });
}
