import type { TestRun } from "@phasegate/wire";
import { testsNotRun } from "../evidence/tests-not-run.ts";
import type { CheckFinding, CheckInput } from "./definition.ts";
import { listed } from "./outcome.ts";

/** Names what a reader takes for proof and the run did not prove: tests that did not run, and snapshots that it wrote. */
export function runFindings({ workflow, facts, baseTree }: CheckInput, run: TestRun): readonly CheckFinding[] {
  const { changes = [], contents = {} } = facts.tree?.differences[baseTree] ?? {};
  const idle = testsNotRun(run, changes, contents, (path) => workflow.isTestFile(path));
  const { evidenceId, snapshotsWritten = 0 } = run;
  const finding = (name: string, message: string): CheckFinding => ({ name, severity: "warning", message, evidenceId });
  return [
    ...(idle.length > 0
      ? [finding("tests_not_run", `written like tests, and no test of it ran: ${listed(idle, 20)}`)]
      : []),
    ...(snapshotsWritten > 0
      ? [
          finding(
            "snapshots_written",
            `${String(snapshotsWritten)} snapshots were stored by the run, since the tree holds none: tests that compare with them prove nothing`,
          ),
        ]
      : []),
  ];
}
