import type { ContentPair, TreeChange } from "@phasegate/wire";
import { commandDefinitions } from "../../normalize/command-definitions.ts";
import { documentFormat, parseDocumentText } from "../../policy/documents.ts";
import { baseNameOf, directoryOf } from "../../reading/file-path.ts";
import { cargoPlaces, goPlaces, gradleChanged, mavenPlaces } from "./compiled-languages.ts";
import type { Sides } from "./differences.ts";
import { compilerPlaces, denoPlaces, manifestPlaces } from "./javascript.ts";
import { isLockFile, lockPlaces } from "./lock-files.ts";
import { makefileChanged } from "./makefiles.ts";
import { projectPlaces, sectionPlaces } from "./python.ts";

export interface SettingsSource {
  /** Of all files of the tree. */
  readonly paths: readonly string[];
  readonly changes: readonly TreeChange[];
  readonly contents: Readonly<Record<string, ContentPair>>;
  /** Command lines that run the tests, and the folder that they begin in. */
  readonly commands: readonly string[];
  readonly cwd: string;
  /** Whether a file is held as a test, a helper of tests or their data: those are told otherwise. */
  isTest(path: string): boolean;
}

/** Files that say how a test runner runs or with what a program of its language begins, and little else. */
const ofRunners =
  /(?:^|\/)(?:(?:vitest|vite|jest|ava|babel|playwright|cypress|karma|nyc|tap|postcss)\.(?:config|conf|workspace|projects|preset)(?:\.[\w-]+)*|\.(?:mocharc|babelrc|swcrc|c8rc|nycrc|taprc|postcssrc)(?:\.\w+)?|\.npmrc|\.yarnrc(?:\.yml)?|\.pnp\.c?js|\.pnpmfile\.c?js|pnpm-workspace\.yaml|bunfig\.toml|pytest\.toml|noxfile\.py|(?:site|user)customize\.py|[^/]+\.pth|\.cargo\/config(?:\.toml)?|go\.work|\.rspec|phpunit\.xml(?:\.dist)?|junit-platform\.properties|\.mvn\/[^/]+|gradle\.properties)$/;
const ofSections = /^(?:\.?pytest\.ini|tox\.ini|setup\.cfg)$/;
const ofCompiler = /^(?:ts|js)config(?:[.-][\w.-]+)?\.json$/;
const ofBuilds = /^(?:settings|build)\.gradle(?:\.kts)?$/;

/** Whether the text of a file may say which tests run, how, or what they load, besides other things. */
export function isTestSettings(path: string): boolean {
  const name = baseNameOf(path);
  return (
    /^(?:package\.json|deno\.jsonc?|pyproject\.toml|Cargo\.toml|go\.mod|pom\.xml|(?:GNUm|m|M)akefile|[\w.-]+\.mk)$/.test(
      name,
    ) ||
    ofSections.test(name) ||
    ofCompiler.test(name) ||
    ofBuilds.test(name)
  );
}

/**
 * Settings beside the tests that changed and that say which tests run, how, or what they load, as `file`, or as
 * `file#/place` where the rest of the file says other things: a new dependency, a new name that a package hands on, a
 * version and the like are none. Of a text that cannot be read all of it is meant.
 */
export function changedSettings(source: SettingsSource): readonly string[] {
  const definitions = source.commands.flatMap((command) => commandDefinitions(command, source.cwd));
  const isDefinition = (path: string): boolean =>
    definitions.some(({ file, pointer }) => file === path && pointer === null);
  const added = new Set(source.changes.filter(({ kind }) => kind === "added").map(({ path }) => path));
  const tests = source.paths.filter((path) => source.isTest(path) && !added.has(path));
  const isAbove = (path: string): boolean => {
    const folder = directoryOf(path);
    return tests.some((test) => folder === "." || test.startsWith(`${folder}/`));
  };
  return source.changes
    .filter(({ path }) => !source.isTest(path) && !/(?:^|\/)node_modules\//.test(path))
    .flatMap((change) => {
      const { path } = change;
      if (ofRunners.test(path)) return [path];
      if (isLockFile(path)) return lockChanges(change, source.contents[path]);
      if (!isTestSettings(path)) return isDefinition(path) ? [path] : [];
      // A manifest takes the place of one in a folder above, a makefile that of one with another name.
      const isNewScope = change.kind === "added" && (documentFormat(path) === "json" || isDefinition(path));
      if (change.kind !== "modified" && !isAbove(path) && !isDefinition(path)) return [];
      if (change.kind === "deleted" || isNewScope) return [path];
      return placesIn(path, source).map((place) => (place.startsWith("#") ? path + place : `${path} ${place}`.trim()));
    });
}

/** A lock file that is too large on both sides to be read says nothing. */
function lockChanges({ kind, path }: TreeChange, texts: ContentPair | undefined): readonly string[] {
  const { before = null, after = null } = texts ?? {};
  if (kind === "deleted" || (before === null && after === null)) return [];
  if (after === null || (before === null && kind !== "added")) return [path];
  return lockPlaces(path, kind === "added" ? null : before, after).map((place) => path + place);
}

/** Places in a text that changed; `""` is all of it. */
function placesIn(path: string, { contents, commands, paths, changes, cwd }: SettingsSource): readonly string[] {
  const isNew = changes.some((change) => change.path === path && change.kind === "added");
  const { before: old = null, after = null } = contents[path] ?? {};
  const before = isNew ? "" : old;
  if (before === null || after === null) return [""];
  const name = baseNameOf(path);
  if (ofSections.test(name)) return sectionPlaces(before, after);
  if (name === "go.mod") return goPlaces(before, after);
  if (name === "pom.xml") return mavenPlaces(before, after);
  if (ofBuilds.test(name)) return gradleChanged(before, after) ? [""] : [];
  const sides = parsedSides(path, before, after);
  if (sides !== null) {
    if (name === "package.json") return manifestPlaces(sides, commands);
    if (name === "pyproject.toml") return projectPlaces(sides);
    if (name === "Cargo.toml") return cargoPlaces(sides);
    return name.startsWith("deno") ? denoPlaces(sides) : compilerPlaces(sides);
  }
  if (documentFormat(path) !== null) return [""];
  const definitions = commands.flatMap((command) => commandDefinitions(command, cwd));
  // A makefile is part of the tests where these are run by it.
  const isRun = definitions.some(({ file }) => /(?:^|\/)(?:GNUm|m|M)akefile$|\.mk$/.test(file));
  return isRun && makefileChanged(before, after, new Set(paths)) ? [""] : [];
}

function parsedSides(path: string, before: string, after: string): Sides | null {
  const format = documentFormat(path);
  if (format === null) return null;
  const [old, now] = [parseDocumentText(format, before), parseDocumentText(format, after)];
  return old === null || now === null ? null : { before: old.value, after: now.value };
}
