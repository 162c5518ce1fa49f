import path from "node:path";
import { PhasegateError } from "@phasegate/wire";
import { evidenceWorkflow, type CompiledWorkflow, type TestSettings } from "@phasegate/workflow";

/** The workflow's `evidence` section as a run uses it. Paths are relative to the checkout and stay inside it. */
export interface RunSettings extends TestSettings {
  /** "" is the checkout itself. */
  readonly cwd: string;
  /** Null when coverage is not asked for. */
  readonly coverage: {
    /** Runs after the tests, in the same checkout. */
    readonly command: string | null;
    /** Where the run leaves its LCOV tracefile inside the checkout; null: in the folder that `{coverage}` stands for. */
    readonly report: string | null;
  } | null;
}

/** Rejects a workflow that does not say how its tests are run. */
export function runSettings(workflow: CompiledWorkflow): RunSettings {
  const { tests, coverage } = evidenceWorkflow(workflow.normalized.evidence);
  if (tests === null || tests.command.trim() === "") {
    throw new PhasegateError("workspace_unavailable", "the workflow does not say how its tests are run", {
      hint: "name a `preset` or a `command` under `evidence.tests`",
    });
  }
  return {
    ...tests,
    report: insideOrNull(tests.report),
    cwd: insideOrNull(tests.cwd) ?? "",
    coverage: coverage && { command: coverage.command, report: insideOrNull(coverage.report) },
  };
}

function insideOrNull(written: string | null): string | null {
  if (written === null) return null;
  const inside = path.posix.join("/", written).slice(1).replace(/\/$/, "");
  return inside === "" ? null : inside;
}
