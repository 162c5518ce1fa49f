import type { CompiledPhase, CompiledWorkflow } from "../model/compiled.ts";

type Rules = Pick<CompiledWorkflow, "isTestFile" | "phases">;

/**
 * Whether a file that is named like a test is held as one. Where phases freeze something before coverage is judged, only
 * what these may write or freeze is: a wide pattern makes no test of what is written beside the implementation.
 */
export function isHeldTest(workflow: Rules): (path: string) => boolean {
  const holding = holdingPhases(workflow);
  const isFrozen = isFrozenBefore(workflow);
  return (path) =>
    workflow.isTestFile(path) &&
    (holding.length === 0 || isFrozen(path) || holding.some((phase) => phase.judgePath(path).allowed));
}

/** Whether a path was fixed by a phase before the one of which coverage is judged. */
export function isFrozenBefore(workflow: Rules): (path: string) => boolean {
  const holding = holdingPhases(workflow);
  return (path) => holding.some(({ freeze }) => freeze?.judgePath(path, true).allowed === false);
}

/** Phases that freeze something; what one freezes whose own way out asks for coverage holds nothing in it yet. */
function holdingPhases({ phases }: Rules): readonly CompiledPhase[] {
  return [...phases.values()].filter(({ freeze, exits }) => {
    const checks = exits.flatMap(({ gates }) => gates.flatMap((gate) => gate.checks));
    return freeze !== null && !checks.some(({ definition }) => definition.name === "coverage_threshold_met");
  });
}
