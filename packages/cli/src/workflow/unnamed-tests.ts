import { compileGlobs, compileWorkflow, type Diagnostic, type StoredWorkflow } from "@phasegate/workflow";

/** The checks that ask for a changed file of `workspace.test_patterns`. */
const asksForTests: ReadonlySet<string> = new Set(["tests_are_failing", "tests_exist"]);

/**
 * Warnings of phases that must write tests, where nothing that git tracks below what they write and freeze is a test by
 * `workspace.test_patterns`: a test of that name would not count, and the gate stays closed.
 */
export function unnamedTests(tracked: readonly string[], stored: StoredWorkflow): readonly Diagnostic[] {
  const { phases, transitions } = stored.normalized;
  const workflow = compileWorkflow(stored);
  return phases.flatMap(({ id, write, freeze }, index): readonly Diagnostic[] => {
    const gates = transitions.filter(({ from, kind }) => from === id && kind === "forward").flatMap((one) => one.gates);
    const asked = gates.some(({ checks }) => checks.some(({ check }) => asksForTests.has(check)));
    if (!asked || freeze === null) return [];
    const written = new Set(write.allowed.map(({ glob }) => glob));
    const first = freeze.paths.findIndex(({ glob }) => written.has(glob));
    const place = stored.positions[`/phases/${index}/freeze/paths/${first}`];
    const matches = compileGlobs(freeze.paths.map(({ glob }) => glob).filter((glob) => written.has(glob)));
    const files = tracked.filter((path) => matches(path));
    if (place === undefined || files.length === 0 || files.some((path) => workflow.isTestFile(path))) return [];
    return [
      {
        severity: "warning",
        code: "unnamed-tests",
        place,
        message: `phase \`${id}\` is to write tests, and \`${files[0] ?? ""}\` is none by \`workspace.test_patterns\``,
        hint: "let `workspace.test_patterns` match how tests are named here; its gate counts no other file as a test",
      },
    ];
  });
}
