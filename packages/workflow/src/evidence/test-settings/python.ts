import { at, changedMembers, differ, grewAsList, membersOf, place, type Sides } from "./differences.ts";

/** Names that a project gives its tests: a new one chooses none. */
const namesMarkers = (key: string): boolean => key === "markers";

/** Places of a `pyproject.toml` that say how tests run or where names lead, of those that changed. */
export function projectPlaces(sides: Sides): readonly string[] {
  const pytest = at(sides, "tool", "pytest", "ini_options");
  const setuptools = at(sides, "tool", "setuptools");
  const told = (keys: readonly string[]): readonly string[] => (differ(at(sides, ...keys)) ? [place(...keys)] : []);
  const toldUnlessGrown = (keys: readonly string[]): readonly string[] =>
    grewAsList(at(sides, ...keys)) ? [] : told(keys);
  return [
    ...changedSettings(pytest).map((key) => place("tool", "pytest", "ini_options", key)),
    ...changedMembers(at(sides, "tool", "pytest"))
      .filter((key) => key !== "ini_options")
      .map((key) => place("tool", "pytest", key)),
    ...toldUnlessGrown(["tool", "setuptools", "packages"]),
    ...toldUnlessGrown(["tool", "setuptools", "py-modules"]),
    ...(differ(at(setuptools, "package-dir")) ? [place("tool", "setuptools", "package-dir")] : []),
    ...toldUnlessGrown(["tool", "poetry", "packages"]),
    ...told(["tool", "poetry", "plugins"]),
    ...told(["tool", "tox"]),
    ...told(["tool", "hatch", "envs"]),
    ...told(["tool", "hatch", "build"]),
    ...told(["project", "entry-points", "pytest11"]),
    ...told(["build-system", "build-backend"]),
    ...told(["build-system", "backend-path"]),
    ...ledSources(sides, ["tool", "uv", "sources"]),
    ...ledSources(sides, ["tool", "poetry", "dependencies"]),
    ...ledRequirements(sides),
  ];
}

/** Settings of pytest that changed, but new names of marks. */
function changedSettings(sides: Sides): readonly string[] {
  return changedMembers(sides).filter((key) => !(namesMarkers(key) && grewAsList(at(sides, key))));
}

/** Dependencies that became a folder or an address. */
function ledSources(sides: Sides, keys: readonly string[]): readonly string[] {
  const sources = at(sides, ...keys);
  const after = membersOf(sources.after) ?? {};
  const isLed = (name: string): boolean => {
    const members = membersOf(after[name]);
    return members !== null && ["path", "git", "url"].some((key) => Object.hasOwn(members, key));
  };
  return changedMembers(sources)
    .filter(isLed)
    .map((name) => place(...keys, name));
}

function ledRequirements(sides: Sides): readonly string[] {
  const { before, after } = at(sides, "project", "dependencies");
  const texts = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const known = new Set(texts(before));
  const isLed = texts(after).some((one) => typeof one === "string" && / @ /.test(one) && !known.has(one));
  return isLed ? [place("project", "dependencies")] : [];
}

/**
 * Places of a file of sections (`setup.cfg`, `tox.ini`, `pytest.ini`) that say how tests run or where names lead, of those
 * that changed.
 */
export function sectionPlaces(before: string, after: string): readonly string[] {
  const sides: Sides = { before: sectionsOf(before), after: sectionsOf(after) };
  const sections = new Set([...Object.keys(sectionsOf(before)), ...Object.keys(sectionsOf(after))]);
  return [...sections].flatMap((section) => {
    const own = at(sides, section);
    const keys =
      section === "options"
        ? changedMembers(own).filter(
            (key) => key === "package_dir" || (/^(?:packages|py_modules)$/.test(key) && !grewAsList(at(own, key))),
          )
        : section === "options.entry_points"
          ? changedMembers(own).filter((key) => key === "pytest11")
          : /^(?:tool:)?pytest$|^testenv\b|^tox$|^options\.packages\.find$/.test(section)
            ? changedSettings(own)
            : [];
    return keys.map((key) => `[${section}] ${key}`);
  });
}

/** Sections, each with the lines that its keys hold. */
function sectionsOf(text: string): Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> {
  const sections: Record<string, Record<string, string[]>> = Object.create(null) as Record<string, never>;
  let [section, lines]: [Record<string, string[]> | null, string[] | null] = [null, null];
  for (const line of text.split("\n")) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue;
    const name = /^\[(.+)\]/.exec(line)?.[1];
    if (name !== undefined) {
      section = sections[name] ??= Object.create(null) as Record<string, string[]>;
      lines = null;
    } else if (/^\s/.test(line)) {
      lines?.push(line.trim());
    } else if (section !== null) {
      const [, key = line, value = ""] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      lines = section[key.trim()] = value.trim() === "" ? [] : [value.trim()];
    }
  }
  return sections;
}
