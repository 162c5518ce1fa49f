import type { Facts, TestCase, TestRun } from "@phasegate/wire";
import type { CompiledWorkflow } from "../model/compiled.ts";
import { isFrozenBefore, isHeldTest } from "./held-tests.ts";
import { namesLoaded, namesOf } from "./loaded-files.ts";
import { isConfiguration } from "./measured-folders.ts";

export interface TestSource {
  readonly workflow: Pick<CompiledWorkflow, "isTestFile" | "phases">;
  /** Files that differ from the base, by path; true of those that the base does not have. */
  readonly changed: ReadonlyMap<string, boolean>;
  /** Of the run that measured. */
  readonly cases: readonly Pick<TestCase, "file" | "outcome">[];
  /** Of a changed file as it is now; null where it was not read. */
  textOf(path: string): string | null;
}

/**
 * Whether a file is left to the tests when product code is counted. Its name alone does not make it one: it is held as a
 * test, it ran a case, or it was one on the base and is changed, and no product code that changed loads it. Where the
 * report names no files, what ran is not known and the name counts.
 */
export function coverageTests(source: TestSource): (path: string) => boolean {
  const { workflow, changed, cases } = source;
  const isHeld = isHeldTest(workflow);
  const files = new Set(cases.map(({ file }) => file));
  const ran = new Set(cases.filter(({ outcome }) => outcome !== "skipped").map(({ file }) => file));
  const tellsFiles = [...files].some((file) => file !== null);
  const isNamedOnly = (path: string): boolean =>
    workflow.isTestFile(path) && changed.get(path) !== false && tellsFiles && !isHeld(path) && !ran.has(path);
  const loaded = loadedByProduct(source, isNamedOnly);
  return (path) => workflow.isTestFile(path) && !isNamedOnly(path) && !loaded.has(path);
}

/** The same of what a task changed since its base, told by the run on its tree. */
export function testsOfChange(
  given: { readonly workflow: TestSource["workflow"]; readonly facts: Facts; readonly baseTree: string },
  { cases }: Pick<TestRun, "cases">,
): (path: string) => boolean {
  const { changes = [], contents = {} } = given.facts.tree?.differences[given.baseTree] ?? {};
  const files = changes.filter(({ kind }) => kind !== "deleted");
  return coverageTests({
    workflow: given.workflow,
    changed: new Map(files.map(({ path, kind }) => [path, kind === "added"])),
    cases,
    textOf: (path) => contents[path]?.after ?? null,
  });
}

/** Changed files named like tests that changed product code loads, at first hand or through others of them. */
function loadedByProduct(source: TestSource, isNamedOnly: (path: string) => boolean): ReadonlySet<string> {
  const { workflow, changed } = source;
  const isFrozen = isFrozenBefore(workflow);
  const isProduct = (path: string): boolean =>
    isNamedOnly(path) || !(workflow.isTestFile(path) || isConfiguration(path) || isFrozen(path));
  const product = [...changed.keys()].filter(isProduct);
  const named = [...changed.keys()]
    .filter((path) => !isProduct(path))
    .flatMap((path) => namesOf(path).map((name) => ({ name, path })));
  const others = Map.groupBy(named, ({ name }) => name);
  const loaded = new Set<string>();
  for (let path = product.pop(); path !== undefined && others.size > 0; path = product.pop()) {
    for (const name of namesLoaded(path, source.textOf(path) ?? "")) {
      for (const { path: other } of others.get(name) ?? []) {
        if (!loaded.has(other)) product.push(other);
        loaded.add(other);
      }
    }
  }
  return loaded;
}
