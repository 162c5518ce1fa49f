import { digestJson } from "@phasegate/wire";
import type { EvidenceId, TestCase, TestRun } from "@phasegate/wire";

/** A test that passed. */
export function passing(identity: string, message: string | null = null): TestCase {
  return { identity, file: "test/a.test.js", name: identity, outcome: "passed", message };
}

/** A run in which all passed, but for what is changed. */
export function runWith(changes: Partial<TestRun> = {}): TestRun {
  return {
    evidenceId: "evd_000000000000000000000001" as EvidenceId,
    tree: digestJson("tree"),
    key: digestJson("key"),
    command: "node --test",
    status: "completed",
    exitCode: 0,
    durationMs: 12,
    cases: [passing("adds"), passing("subtracts")],
    unloadedFiles: [],
    flaky: [],
    stoppedEarly: false,
    coverage: null,
    output: "ok",
    dependencyChange: [],
    ...changes,
  };
}
