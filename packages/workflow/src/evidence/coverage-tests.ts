import type { Facts, TestCase, TestRun } from "@phasegate/wire";
import type { CompiledWorkflow } from "../model/compiled.ts";
import { isFrozenBefore, isHeldTest } from "./held-tests.ts";
import { namesLoaded, namesOf } from "./loaded-files.ts";
import { isNameSettings, mappedNames } from "./mapped-names.ts";
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
  return classify(source).isTest;
}

/** The files named like tests that changed product code loads, each with what loads it: that code, or others of them. */
export type LoadedTests = ReadonlyMap<string, readonly string[]>;

function classify(source: TestSource): { isTest(this: void, path: string): boolean; readonly loaded: LoadedTests } {
  const { workflow, changed, cases } = source;
  const isHeld = isHeldTest(workflow);
  const files = new Set(cases.map(({ file }) => file));
  const ran = new Set(cases.filter(({ outcome }) => outcome !== "skipped").map(({ file }) => file));
  const tellsFiles = [...files].some((file) => file !== null);
  const isNamedOnly = (path: string): boolean =>
    workflow.isTestFile(path) && changed.get(path) !== false && tellsFiles && !isHeld(path) && !ran.has(path);
  const loaded = loadedByProduct(source, isNamedOnly);
  const isTest = (path: string): boolean => workflow.isTestFile(path) && !isNamedOnly(path) && !loaded.has(path);
  return { isTest, loaded };
}

/** The same of what a task changed since its base, told by the run on its tree. */
export function testsOfChange(
  given: { readonly workflow: TestSource["workflow"]; readonly facts: Facts; readonly baseTree: string },
  { cases }: Pick<TestRun, "cases">,
): ReturnType<typeof classify> {
  const { changes = [], contents = {} } = given.facts.tree?.differences[given.baseTree] ?? {};
  const files = changes.filter(({ kind }) => kind !== "deleted");
  return classify({
    workflow: given.workflow,
    changed: new Map(files.map(({ path, kind }) => [path, kind === "added"])),
    cases,
    textOf: (path) => contents[path]?.after ?? null,
  });
}

/** Changed files named like tests that changed product code loads, at first hand or through others of them. */
function loadedByProduct(source: TestSource, isNamedOnly: (path: string) => boolean): LoadedTests {
  const { workflow, changed } = source;
  const isFrozen = isFrozenBefore(workflow);
  const isProduct = (path: string): boolean =>
    isNamedOnly(path) || !(workflow.isTestFile(path) || isConfiguration(path) || isFrozen(path));
  const paths = [...changed.keys()];
  const isOnPath = foldersOnPath(source);
  const named = paths
    .filter((path) => !isProduct(path))
    .flatMap((path) =>
      [...namesOf(path), ...(isOnPath(path) ? [`module ${wordOf(path)}`] : [])].map((name) => ({ name, path })),
    );
  const others = Map.groupBy(named, ({ name }) => name);
  const loaded = new Map<string, readonly string[]>();
  if (others.size === 0) return loaded;
  const pathsOf = mappedNames(textsOf(source, isNameSettings));
  const open = paths.filter(isProduct);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const found = [...namesLoaded(path, source.textOf(path) ?? "", pathsOf)].flatMap((name) => others.get(name) ?? []);
    for (const other of new Set(found.map((one) => one.path))) {
      const known = loaded.get(other);
      if (known === undefined) open.push(other);
      loaded.set(other, [...(known ?? []).slice(0, maxLoaders - 1), path]);
    }
  }
  return loaded;
}

/** Of one file, the first that load it. */
const maxLoaders = 100;

function textsOf(source: TestSource, isWanted: (path: string) => boolean) {
  return [...source.changed.keys()].filter(isWanted).map((path) => ({ path, text: source.textOf(path) ?? "" }));
}

/** Whether changed settings of Python put the folder of a module where names are looked for. */
function foldersOnPath(source: TestSource): (path: string) => boolean {
  const isSettings = (path: string): boolean =>
    /(?:^|\/)(?:pyproject\.toml|setup\.(?:cfg|py)|\.?pytest\.ini|tox\.ini|[^/]+\.pth)$/.test(path);
  const told = textsOf(source, isSettings).flatMap(({ path, text }) =>
    text
      .split("\n")
      .filter((line) => path.endsWith(".pth") || /python_?paths?|package[-_]dir|py[-_]modules|\bwhere\b/i.test(line)),
  );
  const words = new Set(told.flatMap((line) => line.split(/[^\w./-]+/)).map((word) => word.replace(/^\.\/|\/$/g, "")));
  return (path) => path.includes("/") && words.has(path.slice(0, path.lastIndexOf("/")));
}

function wordOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
}
