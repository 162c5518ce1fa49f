import type { ContentPair, TreeChange } from "@phasegate/wire";
import { isDeclarationFile, measuredKind } from "./code-lines.ts";

export interface ShadowSource {
  /** Of all files of the tree. */
  readonly paths: readonly string[];
  readonly changes: readonly TreeChange[];
  readonly contents: Readonly<Record<string, ContentPair>>;
  /** Whether a file is held as a test, a helper of tests or their data. */
  isTest(path: string): boolean;
}

/** Languages that look for a module below each folder of a list, by a path below it: its end tells it. */
const searched = /\.(?:rb|pm|pl|php|java|kt|kts|scala|groovy|lua|h|hh|hpp|hxx|inc)$/;
const sourceRoot =
  /^(?:.*\/)?(?:lib|src|app|inc|include|(?:main|test)\/(?:java|kotlin|scala|groovy|resources)|t|spec|tests?)\//;
/** Files that say where an import leads. */
const configuration =
  /(?:^|\/)(?:package\.json|(?:ts|js)config(?:\.[\w-]+)*\.json|deno\.jsonc?|import[-_]map\.json|\.?babelrc(?:\.\w+)?|\.swcrc|(?:vite|vitest|jest|babel|webpack|rollup|ava|mocha)[\w.-]*\.\w+|\.mocharc(?:\.\w+)?|pytest\.ini|\.pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml)$/;
const leads =
  /"(?:imports|exports|jest|babel|mocha|ava)"\s*:|["']?\b(?:paths|baseUrl|rootDirs?|extends|alias|moduleNameMapper|modulePaths|moduleDirectories|roots|resolver?|plugins|presets|setupFiles\w*|jsx(?:ImportSource|Factory|FragmentFactory)|pythonpath|python_paths|addopts)\b["']?\s*[:=]|^\s*\[(?:tool[:.])?pytest\b/m;
/** Configuration of a test runner and of nothing else: one stands in the place of the base's, or beside it, whatever it says. */
const ofRunner =
  /(?:^|\/)(?:\.?pytest\.(?:ini|toml)|(?:vitest|jest|ava|mocha|playwright|karma)\.(?:config|conf|workspace|projects)(?:\.[\w-]+)*|\.mocharc(?:\.\w+)?|\.rspec|phpunit\.xml(?:\.dist)?|junit-platform\.properties|META-INF\/services\/(?:org\.junit|org\.testng|org\.spockframework|io\.kotest)[\w.$]*|mockito-extensions\/[\w.]+)$/;
/** Java looks for them on a path that has those of the tests in front. */
const resource = /(?:^|\/)src\/\w+\/resources\//;

/**
 * New and changed files among the tests that are loaded, or may be, where the product would be: by a name of its modules
 * in front of it on Python's path, by the end of its path in languages that search folders, by a package of the tests'
 * own, or by a configuration there that says where imports lead. So are new ones that are found before what the base has
 * under their names.
 */
export function shadowsOfProduct(source: ShadowSource): readonly string[] {
  const product = source.paths.filter((path) => !source.isTest(path));
  const changed = source.changes.filter(({ kind, path }) => kind !== "deleted" && source.isTest(path));
  if (changed.length === 0) return [];
  const all = new Set(source.paths);
  const modules = new Set(product.filter(isPython).flatMap((path) => modulesOf(path, all)));
  const ends = new Set(product.filter(isSearched).map(endOf));
  const folders = new Set(product.flatMap((path) => path.split("/").slice(0, -1)));
  const added = new Set(source.changes.filter(({ kind }) => kind === "added").map(({ path }) => path));
  const earlier = new Set(source.paths.filter((path) => !added.has(path)).flatMap(modulesNamed));
  const tests = source.paths.filter((path) => source.isTest(path) && !added.has(path));
  // One of a project that tests only read, as a fixture, is no test runner's.
  const isOfRunner = (path: string): boolean =>
    ofRunner.test(path) &&
    (resource.test(path) || tests.some((test) => test.startsWith(path.slice(0, path.lastIndexOf("/") + 1))));
  return changed
    .filter(({ path }) => {
      if (added.has(path) && modulesNamed(path).some((name) => earlier.has(name))) return true;
      if (isPython(path)) return isModuleOf(path, modules, all);
      if (isSearched(path) && ends.has(endOf(path))) return true;
      return (
        isPackage(path) || isMockOf(path, folders) || isConfigured(path, source.contents[path]) || isOfRunner(path)
      );
    })
    .map(({ path }) => path);
}

/** Modules that tests of Python load from elsewhere, where nothing of the product is found before them. */
const ofPython =
  /^(?:(?:src|lib|app)\/)?(?:_?pytest|unittest|doctest|mock|hypothesis|abc|collections|contextlib|copy|csv|dataclasses|datetime|decimal|enum|fractions|functools|inspect|io|itertools|json|logging|math|operator|os|pathlib|random|re|statistics|string|sys|tempfile|time|types|typing|warnings)(?:\.py|\/__init__\.py)$/;

/**
 * New files of the product, and changed mocks, that are loaded, or may be, where helpers of the base's tests would be: by the name of one of
 * their modules, or of one that comes with Python, in front of it on its path, by the end of its path in languages that
 * search folders, or as a mock that only tests ask for.
 */
export function shadowsOfTests(source: ShadowSource): readonly string[] {
  const added = new Set(source.changes.filter(({ kind }) => kind === "added").map(({ path }) => path));
  const isIn = ({ kind, path }: TreeChange): boolean => kind === "added" || (kind === "modified" && mocks.test(path));
  const product = source.changes
    .filter((change) => isIn(change) && !source.isTest(change.path))
    .map(({ path }) => path);
  if (product.length === 0) return [];
  const all = new Set(source.paths);
  const helpers = source.paths.filter((path) => source.isTest(path) && !added.has(path));
  const modules = new Set(helpers.filter(isPython).map((path) => firstName(path, all)));
  const ends = new Set(helpers.filter(isSearched).map(endOf));
  return product.filter((path) => {
    if (mocks.test(path)) return true;
    return isPython(path)
      ? ofPython.test(path) || isModuleOf(path, modules, all)
      : isSearched(path) && ends.has(endOf(path));
  });
}

/** What a module is called without its ending, by which a new one may be found before it. Declarations are none. */
function modulesNamed(path: string): readonly string[] {
  if (isDeclarationFile(path)) return [];
  if (isPython(path)) return [`py ${path.replace(/(?:\/__init__)?\.py$/, "")}`];
  const manifest = /^(.+)\/package\.json$/.exec(path)?.[1];
  if (manifest !== undefined) return [`manifest ${manifest}`, `js ${manifest}`];
  const [, stem, end = ""] = /^(.*?)(?:\/index)?\.((?:[cm]?[jt]sx?)|json|node)$/.exec(path) ?? [];
  // Data beside a test are called like it.
  const isOfTest = end === "json" && /(?:[._-](?:test|spec))$/.test(stem ?? "");
  return stem === undefined || isOfTest ? [] : [`js ${stem}`];
}

function isPython(path: string): boolean {
  return measuredKind(path) === "py";
}

/** Names by which a file can be the first part of an import: its topmost package, and folders that are none. */
function modulesOf(path: string, all: ReadonlySet<string>): readonly string[] {
  const parts = path.replace(/\.py$/, "").split("/");
  const top = topmost(parts, all);
  return parts.slice(0, top + 1).filter((name) => name !== "__init__");
}

/** Where a file is found from, by the place of the first part of its import in its path. */
function topmost(parts: readonly string[], all: ReadonlySet<string>): number {
  let at = parts.length - 1;
  while (at > 0 && all.has(`${parts.slice(0, at).join("/")}/__init__.py`)) at -= 1;
  return at;
}

/** The first part of its import. */
function firstName(path: string, all: ReadonlySet<string>): string {
  const parts = path.replace(/\.py$/, "").split("/");
  return parts[topmost(parts, all)] ?? "";
}

function isModuleOf(path: string, modules: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  const name = firstName(path, all);
  return !/^(?:setup|conftest|__init__|__main__)$/.test(name) && modules.has(name);
}

function isSearched(path: string): boolean {
  return searched.test(path) || resource.test(path);
}

/** What is behind the folder that sources stand below. */
function endOf(path: string): string {
  return path.replace(sourceRoot, "");
}

function isPackage(path: string): boolean {
  return path.split("/").slice(0, -1).includes("node_modules");
}

const mocks = /(?:^|\/)__mocks__\//;

/** A mock for a package that is a folder of the product: jest takes it without being asked. */
function isMockOf(path: string, folders: ReadonlySet<string>): boolean {
  const [, name] = /(?:^|\/)__mocks__\/(?:@[^/]+\/)?([^/]+?)(?:\.[cm]?[jt]sx?|\/.*)$/.exec(path) ?? [];
  return name !== undefined && folders.has(name);
}

function isConfigured(path: string, texts: ContentPair | undefined): boolean {
  if (!configuration.test(path)) return false;
  const text = texts?.after ?? null;
  return text === null || leads.test(text);
}
