import { at, changedMembers, differ, grewAsList, ledElsewhere, membersOf, place, type Sides } from "./differences.ts";

/** What says of a package how its files load and by which name others find them. */
const ofPackage = ["type", "main", "module", "browser", "name"];
/** Settings of test runners, and of what they load code with. */
const ofRunners =
  "vitest vite jest ava mocha c8 nyc tap babel swc postcss ts-node tsx esbuild-register mochaOpts wireit packageManager".split(
    " ",
  );
const tables = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
/** Scripts that an installation runs by itself. */
const ofInstallation = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/** Places of a `package.json` that say how tests run or where names lead, of those that changed. `commands` run the tests. */
export function manifestPlaces(sides: Sides, commands: readonly string[]): readonly string[] {
  const [exports, imports] = [at(sides, "exports"), at(sides, "imports")];
  return [
    ...[...ofPackage, ...ofRunners].filter((key) => differ(at(sides, key))).map((key) => place(key)),
    ...(isMap(exports.before) && isMap(exports.after)
      ? ledElsewhere(exports).map((key) => place("exports", key))
      : differ(exports)
        ? [place("exports")]
        : []),
    ...ledElsewhere(imports).map((key) => place("imports", key)),
    ...(grewAsList(at(sides, "workspaces")) || !differ(at(sides, "workspaces")) ? [] : [place("workspaces")]),
    ...reachedScripts(sides, commands).map((name) => place("scripts", name)),
    ...tables.flatMap((table) => ledDependencies(sides, table).map((name) => place(table, name))),
    ...["overrides", "resolutions", "pnpm"].filter((key) => overridesLead(at(sides, key))).map((key) => place(key)),
  ];
}

/** Whether its keys are the names under which a package hands on its modules, and not conditions. */
function isMap(value: unknown): boolean {
  const members = membersOf(value);
  return members !== null && Object.keys(members).every((key) => key.startsWith("."));
}

/** Changed scripts that the tests' commands go through, that an installation runs, and `test`, which people run. */
function reachedScripts(sides: Sides, commands: readonly string[]): readonly string[] {
  const scripts = at(sides, "scripts");
  const texts = [membersOf(scripts.before) ?? {}, membersOf(scripts.after) ?? {}];
  const names = new Set(texts.flatMap((all) => Object.keys(all)));
  const wordsOf = (text: unknown): readonly string[] => (typeof text === "string" ? text.split(/[\s"'`;&|()]+/) : []);
  const open = ["test", ...ofInstallation, ...commands.flatMap(wordsOf)].filter((word) => names.has(word));
  const reached = new Set<string>();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    open.push(
      ...[`pre${name}`, `post${name}`, ...texts.flatMap((all) => wordsOf(all[name ?? ""]))].filter((word) =>
        names.has(word),
      ),
    );
  }
  return changedMembers(scripts).filter((name) => reached.has(name));
}

/** A version of something in the place of which something else stands. */
const elsewhere = /^(?:file|link|portal|npm|patch|git[\w+]*|github|gitlab|bitbucket|https?):|^(?:\.{0,2}|~)\//;

/** Dependencies that were there and became a folder, another package or an address. No test of before loads a new one. */
function ledDependencies(sides: Sides, table: string): readonly string[] {
  const known = new Set(tables.flatMap((one) => Object.keys(membersOf(at(sides, one).before) ?? {})));
  const after = membersOf(at(sides, table).after) ?? {};
  return changedMembers(at(sides, table)).filter(
    (name) => known.has(name) && typeof after[name] === "string" && elsewhere.test(after[name]),
  );
}

function overridesLead(sides: Sides): boolean {
  const before = new Set(leavesOf(sides.before));
  return leavesOf(sides.after).some((leaf) => !before.has(leaf) && elsewhere.test(leaf.slice(leaf.indexOf("\n") + 1)));
}

/** Texts of a tree of objects, each behind its path and a line break. */
function leavesOf(value: unknown, path = ""): readonly string[] {
  const members = membersOf(value);
  if (members === null) return [`${path}\n${typeof value === "string" ? value : ""}`];
  return Object.entries(members).flatMap(([key, one]) => leavesOf(one, `${path}/${key}`));
}

const ofCompiler =
  "baseUrl rootDirs rootDir outDir moduleResolution customConditions moduleSuffixes jsxImportSource plugins".split(" ");

/** Places of the settings of a compiler that say where names lead, of those that changed. */
export function compilerPlaces(sides: Sides): readonly string[] {
  const options = at(sides, "compilerOptions");
  // A name behind such a sign stands for no package.
  const isAlias = (name: string): boolean => /^(?:[~#$]|@\/|@\*)/.test(name);
  return [
    ...(differ(at(sides, "extends")) ? [place("extends")] : []),
    ...ofCompiler.filter((key) => differ(at(options, key))).map((key) => place("compilerOptions", key)),
    ...ledElsewhere(at(options, "paths"), (name) => !isAlias(name)).map((key) =>
      place("compilerOptions", "paths", key),
    ),
  ];
}

/** Places of the settings of deno that say how tests run or where names lead. A new dependency or version is none. */
export function denoPlaces(sides: Sides): readonly string[] {
  const withoutVersion = (value: unknown): unknown =>
    typeof value === "string" ? value.replace(/(?<=.)@[\^~]?\d[^/]*/, "") : value;
  const imports = at(sides, "imports");
  const isLed = (key: string): boolean => {
    const { before, after } = at(imports, key);
    return withoutVersion(before) !== withoutVersion(after);
  };
  return [
    ...["scopes", "importMap", "test", "unstable", "nodeModulesDir"]
      .filter((key) => differ(at(sides, key)))
      .map((key) => place(key)),
    ...ledElsewhere(imports)
      .filter(isLed)
      .map((key) => place("imports", key)),
    ...ledElsewhere(at(sides, "tasks"))
      .filter((key) => /test/.test(key))
      .map((key) => place("tasks", key)),
  ];
}
