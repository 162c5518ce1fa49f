import type { TestRun } from "@phasegate/wire";

export interface CanaryProblem {
  readonly message: string;
  readonly hint: string;
}

/** Why a run's results are not believed: tests that must fail did not. Null where they did, or where none could be run. */
export function canaryProblem(run: TestRun): CanaryProblem | null {
  const { canary } = run;
  if (canary === undefined || canary.outcome === "failed_as_it_must" || canary.outcome === "not_applicable")
    return null;
  const seen = canary.seen ?? `the canary is \`${canary.outcome}\``;
  return {
    message: `the results of this run are not believed: ${seen}`,
    hint: "look for what keeps failures from showing: the test runner's configuration and setup files, `conftest.py`, `.npmrc`, scripts of `package.json`, code that patches assertions or the test process; a rule for tests (marks, names) that refuses them may only be the base's own",
  };
}
