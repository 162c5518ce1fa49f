import { digestBytes, type TreeChange, type TreeEntry } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import type { NormalizedPattern } from "../model/normalized.ts";
import { compileFreeze } from "./freeze.ts";
import { compileGlobs, isNormalizedPath } from "./globs.ts";
import { compilePathPolicy } from "./paths.ts";
import { compileProtected } from "./protected.ts";

function patterns(...texts: string[]): NormalizedPattern[] {
  return texts.map((text) => {
    const [glob, pointer] = text.split("#");
    return { glob: glob!, pointer: pointer ?? null };
  });
}

function policy(allowed: string[], forbidden: string[] = []) {
  return compilePathPolicy({
    phase: "TDD",
    write: { allowed: patterns(...allowed), forbidden: patterns(...forbidden) },
    isProtected: compileProtected(["agent_workflow.yaml", "schemas/**"]),
    rules: { write: "w.yaml:10:5", forbidden: forbidden.map((_, index) => `w.yaml:${20 + index}:7`) },
    whoMayChange: {
      elsewhere: (path) => (path.startsWith("src/") ? "change it in phase `IMPL`" : "no phase may change it"),
    },
  });
}

function entry(path: string, overrides: Partial<TreeEntry> = {}): TreeEntry {
  return { path, type: "file", permissions: 0o644, content: "00", size: 1, ...overrides };
}
function modified(path: string): TreeChange {
  return { path, kind: "modified", before: entry(path), after: entry(path, { content: "11" }) };
}
function added(path: string): TreeChange {
  return { path, kind: "added", before: null, after: entry(path) };
}
function deleted(path: string): TreeChange {
  return { path, kind: "deleted", before: entry(path), after: null };
}

describe("write sets", () => {
  test.each([
    ["test/a.ts", true],
    ["test/.env", true],
    ["test/deep/er/a.ts", true],
    ["src/a.test.ts", true],
    ["test/line\nbreak.ts", true],
    ["src/a.ts", false],
    ["Test/a.ts", false],
    ["test/fixtures/x.json", false],
    ["test/fixtures/line\nbreak", false],
    ["test/fixtures/.hidden", false],
    ["testing/a.ts", false],
    ["a/test/b.ts", false],
  ])("%j may be written: %s", (path, allowed) => {
    expect(policy(["test/**", "**/*.test.*"], ["test/fixtures/"]).judgePath(path).allowed).toBe(allowed);
  });

  test("a phase that lists nothing may write nothing", () => {
    const nothing = policy([]);
    expect(nothing.mayWrite).toBe(false);
    expect(nothing.judgePath("a")).toEqual({
      allowed: false,
      reason: {
        code: "path_not_allowed",
        message: "phase `TDD` may not change `a`; it may change nothing",
        rule: "w.yaml:10:5",
        hint: "no phase may change it; putting it back to its entry content with `restore_files` is always allowed",
      },
    });
  });

  test("a denial names path, phase, write set, rule, and the phase that may", () => {
    expect(policy(["test/**"]).judgePath("src/a.ts")).toEqual({
      allowed: false,
      reason: {
        code: "path_not_allowed",
        message: "phase `TDD` may not change `src/a.ts`; it may change `test/**`",
        rule: "w.yaml:10:5",
        hint: "change it in phase `IMPL`; putting it back to its entry content with `restore_files` is always allowed",
      },
    });
  });

  test("forbidden wins and its own rule is named", () => {
    expect(policy(["**"], ["docs/**", "src/**"]).judgePath("src/a.ts")).toMatchObject({
      allowed: false,
      reason: { rule: "w.yaml:21:7", message: "phase `TDD` forbids changing `src/a.ts` by `src/**`" },
    });
  });

  test("composed and decomposed names are the same path, for allowing and for forbidding", () => {
    expect(policy(["t\u00e9st/**"]).judgePath("te\u0301st/a").allowed).toBe(true);
    expect(policy(["**"], ["t\u00e9st/**"]).judgePath("te\u0301st/a").allowed).toBe(false);
    expect(policy(["**"], ["te\u0301st/**"]).judgePath("t\u00e9st/a").allowed).toBe(false);
  });

  test.each(["", "/etc/passwd", "../x", "a/../b", "./a", "a//b", "a/", "a\0b", "a".repeat(5000), "\ud800"])(
    "%j is no path",
    (path) => {
      expect(isNormalizedPath(path)).toBe(false);
      expect(policy(["**"]).judgePath(path)).toMatchObject({ allowed: false, reason: { code: "path_invalid" } });
    },
  );

  test("a line break in a path does not break the message", () => {
    expect(policy([]).judgePath("a\nb")).toMatchObject({
      reason: { message: String.raw`phase ${"`TDD`"} may not change ${"`a\\nb`"}; it may change nothing` },
    });
  });
});

describe("protected paths", () => {
  test.each([
    ".git/config",
    ".git",
    ".GIT/hooks/pre-commit",
    ".git /config",
    ".git./config",
    ".git. ./config",
    ".g\u200cit/config",
    ".git::$INDEX_ALLOCATION/config",
    "git~1/config",
    "\uff0egit/config",
    "packages/a/.git/config",
    ".phasegate/state",
    ".Phasegate/state",
    "agent_workflow.yaml",
    "Agent_Workflow.YAML",
    "agent_workflow.yaml.",
    "schemas/plan.json",
  ])("%j is protected even where everything may be written", (path) => {
    expect(policy(["**"]).judgePath(path)).toMatchObject({ allowed: false, reason: { code: "path_protected" } });
  });

  test("a name that is protected is so in any case of letters, however the workflow writes it", () => {
    const isProtected = compileProtected(["Schemas/Plan.JSON"]);
    expect(["Schemas/Plan.JSON", "schemas/plan.json", "SCHEMAS/PLAN.json"].filter(isProtected)).toHaveLength(3);
    expect(isProtected("schemas/other.json")).toBe(false);
  });

  test.each([".gitignore", ".github/workflows/ci.yml", "git/a", "a.git/b", "docs/agent_workflow.yaml", "phasegate/a"])(
    "%j is not protected",
    (path) => {
      expect(policy(["**"]).judgePath(path).allowed).toBe(true);
    },
  );
});

describe("places inside files", () => {
  const before = '{"name":"a","scripts":{"test":"vitest"},"dependencies":{}}';
  const withDependency = '{"name":"a","scripts":{"test":"vitest"},"dependencies":{"b":"1"}}';
  const withScript = '{"name":"a","scripts":{"test":"true"},"dependencies":{}}';

  function judge(
    rules: ReturnType<typeof policy>,
    path: string,
    sides: { before: string | null; after: string | null },
  ) {
    return rules.judgeChanges([modified(path)], { [path]: sides }).map(({ reason }) => reason.message);
  }

  test("a forbidden place holds while the rest of the file may change", () => {
    const rules = policy(["**"], ["package.json#/scripts"]);
    expect(judge(rules, "package.json", { before, after: withDependency })).toEqual([]);
    expect(judge(rules, "package.json", { before, after: withScript })).toEqual([
      "phase `TDD` may not change `package.json` like this: what stands at `#/scripts` changed",
    ]);
  });

  test("an allowed place may change and nothing else", () => {
    const rules = policy(["package.json#/dependencies"]);
    expect(judge(rules, "package.json", { before, after: withDependency })).toEqual([]);
    expect(judge(rules, "package.json", { before, after: withScript })).toEqual([
      "phase `TDD` may not change `package.json` like this: it changed outside `#/dependencies`",
    ]);
    expect(
      judge(rules, "package.json", { before: '{"name":"a"}', after: '{"name":"a","dependencies":{"b":"1"}}' }),
    ).toEqual([]);
  });

  test("layout and key order are no change", () => {
    const after = '{\n  "dependencies": {},\n  "scripts": { "test": "vitest" },\n  "name": "a"\n}\n';
    expect(judge(policy(["package.json#/dependencies"]), "package.json", { before, after })).toEqual([]);
  });

  test.each([
    ["package.json", "{"],
    ["package.json", '{"scripts":{"test":"true"},"scripts":{"test":"vitest"}}'],
    ["package.json", '{"__proto__":{"scripts":{}},"scripts":{"test":"vitest"}}'],
    ["a.yaml", "scripts: {test: vitest}\nscripts: {test: true}\n"],
    ["a.yaml", "scripts: !evil {test: vitest}\n"],
    ["a.yaml", "scripts: {test: vitest}\n---\nscripts: {test: true}\n"],
    ["a.toml", "scripts = {test = 'vitest'}\nscripts = {test = 'x'}\n"],
    ["package.json", "[".repeat(200_000)],
  ])("%s that cannot be read for sure is denied: %#", (path, after) => {
    const good = path.endsWith("toml") ? "scripts = {test = 'vitest'}\n" : '{"scripts":{"test":"vitest"}}';
    const rules = policy(["**"], [`${path}#/scripts`]);
    expect(judge(rules, path, { before: good, after })).toHaveLength(1);
    expect(judge(rules, path, { before: after, after: good })).toHaveLength(1);
    expect(judge(rules, path, { before: good, after: good })).toEqual([]);
  });

  test("the texts must have been read and the format must be known", () => {
    const rules = policy(["**"], ["package.json#/scripts", "Makefile#/test"]);
    expect(rules.judgeChanges([modified("package.json")], {})).toHaveLength(1);
    expect(judge(rules, "package.json", { before, after: null })).toHaveLength(1);
    expect(judge(rules, "Makefile", { before: "a: b", after: "a: c" })).toHaveLength(1);
  });

  test("TOML and YAML have places too", () => {
    const rules = policy(["pyproject.toml#/project/dependencies", "a.yaml#/on/0"]);
    const toml = (dependencies: string, name: string) =>
      `[project]\nname = "${name}"\ndependencies = [${dependencies}]\n`;
    expect(judge(rules, "pyproject.toml", { before: toml("", "a"), after: toml('"b"', "a") })).toEqual([]);
    expect(judge(rules, "pyproject.toml", { before: toml("", "a"), after: toml('"b"', "c") })).toHaveLength(1);
    expect(judge(rules, "a.yaml", { before: "on: [a, b]\n", after: "on: [c, b]\n" })).toEqual([]);
    expect(judge(rules, "a.yaml", { before: "on: [a, b]\n", after: "on: [a, c]\n" })).toHaveLength(1);
    expect(judge(rules, "a.yaml", { before: "on: [a, b]\n", after: "on: {'0': a, '1': b}\n" })).toHaveLength(1);
  });

  test("a forbidden place may neither go with its file nor come with a new one", () => {
    const rules = policy(["**"], ["package.json#/scripts"]);
    const denied = (change: TreeChange, sides: { before: string | null; after: string | null }) =>
      rules.judgeChanges([change], { "package.json": sides }).length;
    expect(denied(deleted("package.json"), { before, after: null })).toBe(1);
    expect(denied(added("package.json"), { before: null, after: before })).toBe(1);
    expect(denied(added("package.json"), { before: null, after: '{"name":"a"}' })).toBe(0);
  });

  test("an allowed place does not allow to make, delete, link or chmod the file", () => {
    const rules = policy(["package.json#/scripts"]);
    const count = (change: TreeChange) =>
      rules.judgeChanges([change], { "package.json": { before, after: before } }).length;
    expect(count(modified("package.json"))).toBe(0);
    expect(count(added("package.json"))).toBe(1);
    expect(count(deleted("package.json"))).toBe(1);
    expect(count({ ...modified("package.json"), after: entry("package.json", { type: "symlink" }) })).toBe(1);
    expect(count({ ...modified("package.json"), after: entry("package.json", { permissions: 0o755 }) })).toBe(1);
  });

  test("only texts that a rule looks into are asked for", () => {
    const changes = [
      modified("package.json"),
      modified("test/a.ts"),
      modified("src/a.ts"),
      modified("a/tsconfig.json"),
    ];
    expect(policy(["test/**", "package.json#/scripts"]).contentsNeeded(changes)).toEqual(["package.json"]);
    expect(policy(["**"], ["**/tsconfig.json#/include"]).contentsNeeded(changes)).toEqual(["a/tsconfig.json"]);
  });
});

describe("freezes", () => {
  const freeze = compileFreeze({
    phase: "TDD",
    paths: patterns("test/**", "package.json#/scripts"),
    mayAdd: ["**/*.snap"],
    rule: "w.yaml:7:3",
    whoMayChange: { backTo: () => "TDD" },
  });

  test("frozen files stay byte-identical", () => {
    const changes = [modified("test/a.ts"), deleted("test/b.ts"), added("test/c.ts"), modified("src/a.ts")];
    expect(freeze.judgeChanges(changes, {}).map(({ path }) => path)).toEqual(["test/a.ts", "test/b.ts", "test/c.ts"]);
    expect(freeze.judgePath("test/a.ts", true)).toEqual({
      allowed: false,
      reason: {
        code: "path_not_allowed",
        message: "`test/a.ts` is frozen since phase `TDD`: it must stay byte for byte",
        rule: "w.yaml:7:3",
        hint: "put it back with `restore_files`, or go back to `TDD` by a rework transition",
      },
    });
  });

  test("new files may come where the freeze says so, and only new ones", () => {
    expect(freeze.judgeChanges([added("test/__snapshots__/a.snap")], {})).toEqual([]);
    expect(freeze.judgeChanges([modified("test/a.snap"), deleted("test/b.snap")], {})).toHaveLength(2);
    expect(freeze.judgePath("test/a.snap", false).allowed).toBe(true);
    expect(freeze.judgePath("test/a.snap", true).allowed).toBe(false);
    expect(freeze.judgePath("test/a.ts", false).allowed).toBe(false);
  });

  test("frozen places keep their value while the rest of the file may change", () => {
    const sides = (after: string) => ({ "package.json": { before: '{"scripts":{"test":"vitest"}}', after } });
    const change = [modified("package.json")];
    expect(freeze.contentsNeeded([...change, modified("test/a.ts")])).toEqual(["package.json"]);
    expect(freeze.judgeChanges(change, sides('{"a":1,"scripts":{"test":"vitest"}}'))).toEqual([]);
    expect(freeze.judgeChanges(change, sides('{"scripts":{"test":"true"}}'))).toMatchObject([
      { reason: { code: "path_not_allowed", hint: expect.stringContaining("other places may change") as string } },
    ]);
    expect(freeze.judgeChanges(change, {})).toHaveLength(1);
    expect(freeze.judgePath("package.json", true).allowed).toBe(true);
  });

  test("what a phase fixes is no link: what it leads to would stay free", () => {
    const link = { ...entry("test/a.ts"), type: "symlink" as const };
    const linked = (path: string): TreeChange => ({ path, kind: "added", before: null, after: { ...link, path } });
    const changes = [linked("test/a.ts"), added("test/b.ts"), linked("src/a.ts"), deleted("test/c.ts")];
    expect(freeze.judgeLinks(changes, { paths: [] })).toMatchObject([
      { path: "test/a.ts", reason: { code: "path_not_allowed", rule: "w.yaml:7:3" } },
    ]);
  });
});

describe("a link at a frozen path", () => {
  const freeze = compileFreeze({
    phase: "TDD",
    paths: patterns("test/**"),
    mayAdd: [],
    rule: "w.yaml:7:3",
    whoMayChange: { backTo: () => "TDD" },
  });
  const tree = {
    paths: ["src/a.ts", "test/a.txt", "test/data/ö b.txt", "test/old-link.txt"],
    linksAndSubmodules: ["test/old-link.txt"],
  };
  const judge = (path: string, target: string, known: typeof tree | { paths: string[] } = tree) => {
    const content = digestBytes(target).slice("sha256:".length);
    const size = new TextEncoder().encode(target).length;
    const after = { path, type: "symlink", permissions: 0o777, content, size } as const;
    return freeze.judgeLinks([{ path, kind: "added", before: null, after }], known);
  };

  test.each([
    ["test/link.txt", "a.txt"],
    ["test/link.txt", "./a.txt"],
    ["test/data/deep/link.txt", "../../a.txt"],
    ["test/more/link.txt", "../data/ö b.txt"],
  ])("may lead to a frozen file: %s to %s", (path, target) => {
    expect(judge(path, target)).toEqual([]);
  });

  test.each([
    ["out of what is frozen", "../src/a.ts"],
    ["to a link, which leads elsewhere", "old-link.txt"],
    ["to nothing", "b.txt"],
    ["to a folder", "data"],
    ["out of the tree and in again", "../../workspace/test/a.txt"],
    ["by an absolute path", "/workspace/test/a.txt"],
    ["to itself", "link.txt"],
  ])("may not lead %s", (_, target) => {
    expect(judge("test/link.txt", target)).toMatchObject([{ path: "test/link.txt" }]);
  });

  test("may not lead to what nobody looked at", () => {
    expect(judge("test/link.txt", "a.txt", { paths: ["test/a.txt"] })).toHaveLength(1);
  });
});

test("globs that end with a slash mean everything below", () => {
  expect(compileGlobs(["docs/"])("docs/a/b.md")).toBe(true);
  expect(compileGlobs(["docs/"])("docs2/a")).toBe(false);
});
