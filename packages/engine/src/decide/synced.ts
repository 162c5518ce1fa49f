import type { EvidencePurpose } from "@phasegate/wire";
import { untestedSinceSync } from "../judged-anew.ts";
import type { TaskState } from "../task-state.ts";
import { type Judgement, nothingFound, objection } from "./judgement.ts";

/** Runs on a tree of the task, with all tests. */
const ofTask: ReadonlySet<EvidencePurpose> = new Set(["red", "current", "tool"]);

/** A base that was merged in behind the gates that ask for tests is tested by none: said, and stands against nothing. */
export function noteUntestedMerge({ evidence, syncedAt }: TaskState): Judgement {
  if (syncedAt === null) return nothingFound;
  const runs = evidence.filter(({ purpose, selected }) => ofTask.has(purpose) && !selected);
  if (runs.length === 0 || runs.some(({ at }) => at > syncedAt)) return nothingFound;
  const message = `the base was merged in at ${syncedAt}, and no test has run on what came of it`;
  const hint = "run the tests with `run_tests`, or go back by a rework transition so that gates ask for them again";
  const reason = { code: "gate_blocked", message, hint } as const;
  return {
    ...nothingFound,
    objections: [objection({ check: untestedSinceSync, source: "ledger", severity: "warning", reason })],
  };
}
