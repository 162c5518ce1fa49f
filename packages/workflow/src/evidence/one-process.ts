/** What files of tests have in common where one process runs them all; null where each has one, or modules, of its own. */
export interface SharedProcess {
  /** A hook that stands in no suite is run around the tests of all files. */
  readonly hasRootHooks: boolean;
}

const rootHooks =
  /(?:^|[\s/])(?:_?mocha|jasmine)(?=\s|$)|(?:^|[\s/])node\s(?:.*\s)?--(?:experimental-)?test-isolation[= ]["']?none\b/;
const modulesAlone =
  /(?:^|[\s/])(?:tape|uvu|qunit)(?=\s|$)|(?:^|[\s/])bun\s(?:.*\s)?test(?=\s|$)|\s--(?:no-isolate|isolate[= ]["']?false)\b|\s--poolOptions\.\w+\.(?:no-isolate|isolate[= ]["']?false)\b/;
const known = /(?:^|[\s/])(?:vitest|jest|ava|node)(?=\s|$)/;
const settings = /^\.mocharc(?:\.\w+)?$/;

/** Told by the command that ran the tests; where that says nothing of it, by the settings of mocha among `paths`. */
export function sharedProcess(command: string, paths: readonly string[]): SharedProcess | null {
  if (rootHooks.test(command)) return { hasRootHooks: true };
  if (modulesAlone.test(command)) return { hasRootHooks: false };
  return !known.test(command) && paths.some((path) => settings.test(path)) ? { hasRootHooks: true } : null;
}
