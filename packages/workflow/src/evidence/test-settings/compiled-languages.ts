import { at, changedMembers, differ, grewAsList, membersOf, place, type Sides } from "./differences.ts";

/** Places of a `Cargo.toml` that say which tests are built and run, how, or of what, of those that changed. */
export function cargoPlaces(sides: Sides): readonly string[] {
  const told = (...keys: readonly string[]): readonly string[] => (differ(at(sides, ...keys)) ? [place(...keys)] : []);
  return [
    ...told("lib"),
    ...told("test"),
    ...(grewAsList(at(sides, "bin")) ? [] : told("bin")),
    ...["name", "build", "edition", "links", "autotests", "autobins", "autoexamples"].flatMap((key) =>
      told("package", key),
    ),
    ...changedMembers(at(sides, "features"), (key) => key === "default").map((key) => place("features", key)),
    ...["patch", "replace", "profile"].flatMap((key) => told(key)),
    ...(grewAsList(at(sides, "workspace", "members")) ? [] : told("workspace", "members")),
    ...["dependencies", "dev-dependencies", "build-dependencies"].flatMap((table) =>
      ledCrates(at(sides, table)).map((name) => place(table, name)),
    ),
    ...ledCrates(at(sides, "workspace", "dependencies")).map((name) => place("workspace", "dependencies", name)),
  ];
}

/** Crates that were there and became a folder, an address or another crate. */
function ledCrates(table: Sides): readonly string[] {
  const [before, after] = [membersOf(table.before) ?? {}, membersOf(table.after) ?? {}];
  return changedMembers(table).filter((name) => {
    const [old, now] = [membersOf(before[name]) ?? {}, membersOf(after[name]) ?? {}];
    return (
      Object.hasOwn(before, name) &&
      ["path", "git", "package", "registry"].some((key) => differ({ before: old[key], after: now[key] }))
    );
  });
}

/** Directives of a `go.mod` that lead a module elsewhere, of those that changed. */
export function goPlaces(before: string, after: string): readonly string[] {
  const [old, now] = [directivesOf(before), directivesOf(after)];
  return ["module", "replace", "tool", "godebug"].filter(
    (word) => old.get(word)?.join("\n") !== now.get(word)?.join("\n"),
  );
}

/** Lines of each directive, those of a block among them. */
function directivesOf(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let block: string | null = null;
  for (const raw of text.split("\n")) {
    const line = raw
      .replace(/\/\/.*$/, "")
      .trim()
      .replaceAll(/\s+/g, " ");
    const [word = "", ...rest] = line.split(" ");
    if (line === "") continue;
    if (block !== null && line === ")") block = null;
    else if (rest[0] === "(") block = word;
    else found.set(block ?? word, [...(found.get(block ?? word) ?? []), block === null ? rest.join(" ") : line]);
  }
  return found;
}

/** Elements of a `pom.xml` that say more than which version of what is needed. */
const elements = ["parent", "modules", "build", "profiles", "repositories", "pluginRepositories"];

/** Places of a `pom.xml` that say how tests are built and run, of those that changed. */
export function mavenPlaces(before: string, after: string): readonly string[] {
  const plain = (text: string): string => text.replaceAll(/<!--[^]*?-->/g, "").replaceAll(/\s+/g, " ");
  const [old, now] = [plain(before), plain(after)];
  const partsOf = (text: string, element: string): string =>
    [...text.matchAll(new RegExp(`<${element}\\b[^]*?</${element}>`, "g"))].map(([part]) => part).join("\n");
  const properties = (text: string): string =>
    [
      ...partsOf(text, "properties").matchAll(
        /<([\w.-]*(?:skip|test|surefire|failsafe|argLine|[sS]ource)[\w.-]*)>[^<]*/gi,
      ),
    ]
      .map(([one]) => one)
      .join("\n");
  return [
    ...elements.filter((element) => partsOf(old, element) !== partsOf(now, element)).map((element) => `<${element}>`),
    ...(properties(old) === properties(now) ? [] : ["<properties>"]),
    ...(partsOf(old, "systemPath") === partsOf(now, "systemPath") ? [] : ["<systemPath>"]),
  ];
}

/** Whether a build file of Gradle says something else than before besides dependencies and versions. */
export function gradleChanged(before: string, after: string): boolean {
  return besidesDependencies(before) !== besidesDependencies(after);
}

function besidesDependencies(text: string): string {
  const kept: string[] = [];
  let depth = 0;
  for (const raw of text.replaceAll(/\/\*[^]*?\*\//g, "").split("\n")) {
    const line = raw.replace(/(^|\s)\/\/.*$/, "").trim();
    const braces = line.split("{").length - line.split("}").length;
    if (depth > 0 || /^dependencies\s*\{/.test(line)) {
      depth += braces;
      // What such a block does besides naming dependencies.
      if (/\b(?:files|fileTree|substitute|modules|constraints|exclude)\b/.test(line)) kept.push(line);
    } else if (line !== "" && !/^(?:version|group|description)\b\s*=?\s*["'][^"']*["']$/.test(line)) kept.push(line);
  }
  return kept.join("\n");
}
