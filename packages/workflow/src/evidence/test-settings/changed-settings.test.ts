import { describe, expect, test } from "vitest";
import { changed } from "../../checks/testing/check-case.ts";
import { changedSettings } from "./changed-settings.ts";

type Text = string | object | null;

/** What is told of one changed file; `before` null: it is new, `after` null: it is gone. */
function told(path: string, before: Text, after: Text, command = "node --test"): readonly string[] {
  const kind = before === null ? "added" : after === null ? "deleted" : "modified";
  const textOf = (text: Text): string | null =>
    text === null || typeof text === "string" ? text : JSON.stringify(text, null, 2);
  return changedSettings({
    paths: [
      "test/a.test.js",
      "packages/cart/test/b.test.js",
      "src/lines.c",
      "src/text.c",
      ...(after === null ? [] : [path]),
    ],
    changes: [changed(path, kind)],
    contents: { [path]: { before: textOf(before), after: textOf(after) } },
    commands: [command],
    cwd: ".",
    isTest: (one) => /(?:^|\/)test\//.test(one),
  });
}

const manifest = {
  name: "shop",
  version: "1.0.0",
  exports: { ".": "./src/index.js", "./rates/*": "./src/rates/*.js" },
  imports: { "#rates": "./src/rates.js" },
  scripts: { test: "node --test", build: "tsc", check: "npm run build" },
  dependencies: { zod: "^4.0.0", money: "workspace:*" },
  workspaces: ["packages/cart"],
};
const compiler = { compilerOptions: { target: "es2022", baseUrl: ".", paths: { "@/*": ["./src/*"] } } };
const project = `[project]
name = "shop"
dependencies = ["httpx>=0.27"]
[tool.setuptools]
packages = ["shop"]
[tool.pytest.ini_options]
markers = ["slow"]
testpaths = ["tests"]
[tool.ruff]
line-length = 100
`;
const sections =
  "[metadata]\nname = shop\n[options]\npackages =\n    shop\ninstall_requires =\n    httpx\n[tool:pytest]\naddopts = -q\n";
const crate = '[package]\nname = "shop"\nversion = "1.0.0"\n[dependencies]\nserde = "1"\n[features]\ndefault = []\n';
const module = "module example.com/shop\n\ngo 1.24\n\nrequire (\n\texample.com/money v1.0.0\n)\n";
const maven =
  "<project><properties><java.version>21</java.version></properties><dependencies></dependencies><build></build></project>";
const gradle =
  "plugins { id 'java' }\nversion = '1'\ndependencies {\n  implementation 'a:b:1'\n}\ntest { useJUnitPlatform() }\n";
const makefile = "sources := src/text.c\n\ntest:\n\t@sh test/run.sh $(sources)\n\nclean:\n\trm -rf build\n";

describe("a change of settings that may lead tests elsewhere is told:", () => {
  test.each<[rule: string, path: string, before: Text, after: Text, places: readonly string[]]>([
    [
      "a name of imports",
      "package.json",
      manifest,
      { ...manifest, imports: { "#rates": "./src/fake.js" } },
      ["package.json#/imports/#rates"],
    ],
    [
      "a name of exports",
      "package.json",
      manifest,
      { ...manifest, exports: { ...manifest.exports, ".": "./src/fake.js" } },
      ["package.json#/exports/."],
    ],
    [
      "a condition in front of others",
      "package.json",
      { exports: { ".": { default: "./a.js" } } },
      { exports: { ".": { node: "./b.js", default: "./a.js" } } },
      ["package.json#/exports/."],
    ],
    [
      "a name that a pattern took",
      "package.json",
      manifest,
      { ...manifest, exports: { ...manifest.exports, "./rates/tax": "./src/fake.js" } },
      ["package.json#/exports/.~1rates~1tax"],
    ],
    [
      "exports where there were none",
      "packages/cart/package.json",
      { main: "a.js" },
      { main: "a.js", exports: "./b.js" },
      ["packages/cart/package.json#/exports"],
    ],
    [
      "main and type",
      "package.json",
      manifest,
      { ...manifest, main: "./src/fake.js", type: "module" },
      ["package.json#/type", "package.json#/main"],
    ],
    [
      "settings of a test runner",
      "package.json",
      manifest,
      { ...manifest, jest: { testMatch: ["x"] }, c8: {} },
      ["package.json#/jest", "package.json#/c8"],
    ],
    [
      "the script that people test by",
      "package.json",
      manifest,
      { ...manifest, scripts: { ...manifest.scripts, test: "true" } },
      ["package.json#/scripts/test"],
    ],
    [
      "a script of installation",
      "package.json",
      manifest,
      { ...manifest, scripts: { ...manifest.scripts, postinstall: "node x.js" } },
      ["package.json#/scripts/postinstall"],
    ],
    [
      "a dependency that becomes a folder",
      "package.json",
      manifest,
      { ...manifest, dependencies: { ...manifest.dependencies, zod: "file:src/zod" } },
      ["package.json#/dependencies/zod"],
    ],
    [
      "a dependency that becomes another",
      "package.json",
      manifest,
      { ...manifest, dependencies: { ...manifest.dependencies, zod: "npm:not-zod@1" } },
      ["package.json#/dependencies/zod"],
    ],
    [
      "an override with a folder",
      "package.json",
      manifest,
      { ...manifest, overrides: { zod: "file:src/zod" } },
      ["package.json#/overrides"],
    ],
    [
      "a workspace that is gone",
      "package.json",
      manifest,
      { ...manifest, workspaces: ["packages/fake"] },
      ["package.json#/workspaces"],
    ],
    ["a manifest that cannot be read", "package.json", manifest, '{ "name": "a", "name": "b" }', ["package.json"]],
    ["a manifest above tests", "packages/cart/package.json", null, { type: "module" }, ["packages/cart/package.json"]],
    [
      "a manifest that is gone above tests",
      "packages/cart/package.json",
      manifest,
      null,
      ["packages/cart/package.json"],
    ],
    [
      "paths of a compiler",
      "tsconfig.json",
      compiler,
      { compilerOptions: { ...compiler.compilerOptions, paths: { "@/*": ["./fake/*"], zod: ["./src/zod"] } } },
      ["tsconfig.json#/compilerOptions/paths/@~1*", "tsconfig.json#/compilerOptions/paths/zod"],
    ],
    [
      "the folder that names begin from",
      "tsconfig.base.json",
      compiler,
      { extends: "./x.json", compilerOptions: { ...compiler.compilerOptions, baseUrl: "./src" } },
      ["tsconfig.base.json#/extends", "tsconfig.base.json#/compilerOptions/baseUrl"],
    ],
    [
      "an import of deno",
      "deno.json",
      { imports: { zod: "npm:zod@4" } },
      { imports: { zod: "./src/zod.ts" } },
      ["deno.json#/imports/zod"],
    ],
    ["configuration of a test runner", "vitest.config.ts", "a", "b", ["vitest.config.ts"]],
    ["a new configuration of one", "packages/cart/.mocharc.json", null, "{}", ["packages/cart/.mocharc.json"]],
    ["what node begins with", ".npmrc", null, "node-options=--require ./x.js", [".npmrc"]],
    ["what Python begins with", "src/sitecustomize.py", null, "import x", ["src/sitecustomize.py"]],
    [
      "where pytest looks for modules",
      "pyproject.toml",
      project,
      project.replace("[tool.ruff]", 'pythonpath = ["fake"]\n[tool.ruff]'),
      ["pyproject.toml#/tool/pytest/ini_options/pythonpath"],
    ],
    [
      "a plugin of pytest",
      "pyproject.toml",
      project,
      `${project}[project.entry-points.pytest11]\nx = "shop.x"\n`,
      ["pyproject.toml#/project/entry-points/pytest11"],
    ],
    [
      "where packages lie",
      "pyproject.toml",
      project,
      project.replace("packages =", 'package-dir = { "" = "fake" }\npackages ='),
      ["pyproject.toml#/tool/setuptools/package-dir"],
    ],
    [
      "a requirement at an address",
      "pyproject.toml",
      project,
      project.replace('"httpx>=0.27"', '"httpx @ file:fake"'),
      ["pyproject.toml#/project/dependencies"],
    ],
    [
      "settings of pytest that are new",
      "pyproject.toml",
      null,
      project,
      ["pyproject.toml#/tool/pytest/ini_options/testpaths"],
    ],
    [
      "options of pytest in sections",
      "setup.cfg",
      sections,
      sections.replace("-q", "-q -p fake"),
      ["setup.cfg [tool:pytest] addopts"],
    ],
    ["a file of pytest's own", "pytest.ini", null, "[pytest]\ntestpaths = other\n", ["pytest.ini [pytest] testpaths"]],
    [
      "where packages of sections lie",
      "setup.cfg",
      sections,
      sections.replace("[tool", "package_dir =\n    = fake\n[tool"),
      ["setup.cfg [options] package_dir"],
    ],
    ["the library of a crate", "Cargo.toml", crate, `${crate}[lib]\npath = "src/fake.rs"\n`, ["Cargo.toml#/lib"]],
    [
      "targets of tests",
      "Cargo.toml",
      crate,
      crate.replace("[dep", '[[test]]\nname = "a"\npath = "src/a.rs"\nharness = false\n[dep'),
      ["Cargo.toml#/test"],
    ],
    [
      "a crate that becomes a folder",
      "Cargo.toml",
      crate,
      crate.replace('serde = "1"', 'serde = { path = "src/serde" }'),
      ["Cargo.toml#/dependencies/serde"],
    ],
    [
      "features that are on by default",
      "Cargo.toml",
      crate,
      crate.replace("default = []", 'default = ["fake"]\nfake = []'),
      ["Cargo.toml#/features/default"],
    ],
    ["a replaced module of Go", "go.mod", module, `${module}replace example.com/money => ./fake\n`, ["go.mod replace"]],
    ["modules of Go that are worked on", "go.work", null, "use ./fake\n", ["go.work"]],
    [
      "what Maven builds",
      "pom.xml",
      maven,
      maven.replace("<build>", "<build><testSourceDirectory>x</testSourceDirectory>"),
      ["pom.xml <build>"],
    ],
    [
      "properties of Maven that skip tests",
      "pom.xml",
      maven,
      maven.replace("</properties>", "<skipTests>true</skipTests></properties>"),
      ["pom.xml <properties>"],
    ],
    [
      "what Gradle does with tests",
      "build.gradle",
      gradle,
      gradle.replace("useJUnitPlatform()", "ignoreFailures = true"),
      ["build.gradle"],
    ],
  ])("%s", (_, path, before, after, places) => {
    expect(told(path, before, after)).toEqual(places);
  });

  test.each<[rule: string, after: string]>([
    ["another recipe", makefile.replace("test/run.sh", "test/fake.sh")],
    ["a line in front of a recipe", makefile.replace("\t@sh", "\t@exit 0\n\t@sh")],
    ["a rule that takes a recipe", makefile.replace("test:\n", "test:\nother:\n")],
    ["a rule for the same target behind it", `${makefile}test:\n\t@true\n`],
    ["a variable that is used", makefile.replace("\n\ntest", "\nsources := src/lines.c\n\ntest")],
    ["another shell", `SHELL := /bin/true\n${makefile}`],
    ["failures that do not count", `${makefile}.IGNORE:\n`],
    ["a rule for a file of the tree", `${makefile}src/text.c: fake\n\tcp fake src/text.c\n`],
    ["an option at the end of a line", makefile.replace("src/text.c", "src/text.c -Dfake")],
    ["a line that is gone", makefile.replace("clean:\n\trm -rf build\n", "")],
  ])("of a makefile that runs them, %s", (_, after) => {
    expect(told("Makefile", makefile, after, "make -s test")).toEqual(["Makefile"]);
    expect(told("Makefile", makefile, after, "go test ./...")).toEqual([]);
  });

  test("what the tests' command goes through, whatever it is", () => {
    expect(told("GNUmakefile", null, "test:\n\ttrue\n", "make test")).toEqual(["GNUmakefile"]);
    expect(told("scripts/check.sh", "a", "b", "sh scripts/check.sh")).toEqual(["scripts/check.sh"]);
    expect(told("scripts/check.sh", "a", "b", "npm test")).toEqual([]);
    const scripts = { ...manifest.scripts, build: "cp fake.js src" };
    expect(told("package.json", manifest, { ...manifest, scripts }, "npm run check")).toEqual([
      "package.json#/scripts/build",
    ]);
    expect(told("package.json", manifest, { ...manifest, scripts }, "npm run -s test")).toEqual([]);
  });

  test("a text that was not read counts whole", () => {
    const source = {
      paths: [],
      changes: [changed("go.mod")],
      contents: {},
      commands: [],
      cwd: ".",
      isTest: () => false,
    };
    expect(changedSettings(source)).toEqual(["go.mod"]);
  });
});

describe("an ordinary change of settings is not told:", () => {
  test.each<[rule: string, path: string, before: Text, after: Text]>([
    [
      "a new dependency",
      "package.json",
      manifest,
      {
        ...manifest,
        dependencies: { ...manifest.dependencies, react: "^19.0.0", cart: "workspace:*", tax: "file:packages/tax" },
        devDependencies: { tsx: "4.0.0" },
      },
    ],
    [
      "another version",
      "package.json",
      manifest,
      { ...manifest, version: "1.1.0", dependencies: { zod: "~4.1.0", money: "workspace:^" } },
    ],
    [
      "a new name of imports and of exports",
      "package.json",
      manifest,
      {
        ...manifest,
        imports: { ...manifest.imports, "#tax": "./src/tax.js" },
        exports: { ...manifest.exports, "./tax": "./src/tax.js" },
      },
    ],
    [
      "a script that no test goes through",
      "package.json",
      manifest,
      { ...manifest, scripts: { ...manifest.scripts, lint: "oxlint", build: "tsc -b" } },
    ],
    [
      "files, engines and licence",
      "package.json",
      manifest,
      { ...manifest, files: ["src"], engines: { node: ">=24" }, license: "MIT" },
    ],
    [
      "a new package of the workspace",
      "package.json",
      manifest,
      { ...manifest, workspaces: ["packages/cart", "packages/tax"] },
    ],
    ["its manifest", "packages/tax/package.json", null, { name: "tax", type: "module", exports: "./src/index.js" }],
    ["an override of a version", "package.json", manifest, { ...manifest, overrides: { zod: "4.0.1" } }],
    [
      "a new alias and strictness of a compiler",
      "tsconfig.json",
      compiler,
      {
        compilerOptions: {
          ...compiler.compilerOptions,
          strict: true,
          paths: { "@/*": ["./src/*"], "~tax/*": ["./tax/*"] },
        },
      },
    ],
    ["settings of a new package's compiler", "packages/tax/tsconfig.json", null, { extends: "../../tsconfig.json" }],
    [
      "another version of deno's",
      "deno.json",
      { imports: { zod: "npm:zod@4.0.0" } },
      { imports: { zod: "npm:zod@^4.1.0", tax: "jsr:@x/tax@1" } },
    ],
    [
      "dependencies, packages and linters of Python",
      "pyproject.toml",
      project,
      project
        .replace('"httpx>=0.27"', '"httpx>=0.28", "attrs"')
        .replace('["shop"]', '["shop", "shop.tax"]')
        .replace("100", "120"),
    ],
    ["a new mark", "pyproject.toml", project, project.replace('["slow"]', '["slow", "fast"]')],
    [
      "dependencies in sections",
      "setup.cfg",
      sections,
      sections.replace("    httpx\n", "    httpx\n    attrs\n").replace("    shop\n", "    shop\n    shop.tax\n"),
    ],
    [
      "dependencies and features of a crate",
      "Cargo.toml",
      crate,
      crate
        .replace('serde = "1"', 'serde = { version = "1.1", features = ["derive"] }\nmoney = { path = "../money" }')
        .replace("default = []", "default = []\nfast = []"),
    ],
    [
      "dependencies of Go",
      "go.mod",
      module,
      module.replace("v1.0.0", "v1.1.0\n\texample.com/tax v0.1.0").replace("1.24", "1.25"),
    ],
    [
      "dependencies of Maven",
      "pom.xml",
      maven,
      maven
        .replace("<dependencies>", "<dependencies><dependency><artifactId>a</artifactId></dependency>")
        .replace(">21<", ">25<"),
    ],
    [
      "dependencies of Gradle",
      "build.gradle",
      gradle,
      gradle.replace("'a:b:1'", "'a:b:2'\n  testImplementation 'c:d:1'").replace("'1'\n", "'2'\n"),
    ],
    ["a page and a source", "src/package.js", "a", "b"],
    ["what is among the tests", "test/package.json", { type: "commonjs" }, { type: "module" }],
  ])("%s", (_, path, before, after) => {
    expect(told(path, before, after)).toEqual([]);
  });

  test.each<[rule: string, after: string]>([
    ["a source and what is built of it", makefile.replace("src/text.c", "src/text.c src/lines.c build/tax.o")],
    [
      "a rule for a new target, and a comment",
      `# what is built\n${makefile}\ninstall: build/shop\n\tcp build/shop /usr/bin\n`,
    ],
    ["a variable that nothing used", `PREFIX ?= /usr\n${makefile}`],
    ["lines that go on in the next one", makefile.replace("src/text.c", "src/text.c \\\n  src/lines.c")],
  ])("of a makefile that runs the tests, %s", (_, after) => {
    expect(told("Makefile", makefile, after, "make -s test")).toEqual([]);
  });
});
