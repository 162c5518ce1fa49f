import type { CompiledWorkflow } from "../model/compiled.ts";

/**
 * Whether a file that is named like a test is held as one. Where phases freeze something, only what these may write or
 * freeze is: a wide pattern makes no test of what is written beside the implementation.
 */
export function isHeldTest(workflow: Pick<CompiledWorkflow, "isTestFile" | "phases">): (path: string) => boolean {
  const freezing = [...workflow.phases.values()].filter(({ freeze }) => freeze !== null);
  return (path) =>
    workflow.isTestFile(path) &&
    (freezing.length === 0 ||
      freezing.some((phase) => phase.judgePath(path).allowed || phase.freeze?.judgePath(path, true).allowed === false));
}
