import { loadWorkflow } from "@phasegate/workflow";
import { describe, expect, test } from "vitest";
import { detectProject } from "./detect-project.ts";
import type { ProjectFiles } from "./project-files.ts";
import { workflowText } from "./workflow-text.ts";

function project(files: Readonly<Record<string, string>>): ProjectFiles {
  return { paths: Object.keys(files), read: (path) => files[path] ?? null };
}

const manifest = (content: object) => JSON.stringify({ name: "shop", ...content });

const projects: Readonly<Record<string, { files: Readonly<Record<string, string>>; found: object }>> = {
  "vitest as a dependency": {
    files: {
      "package.json": manifest({ devDependencies: { vitest: "5.0.0" }, scripts: { test: "vitest run" } }),
      "package-lock.json": "{}",
      "tsconfig.json": "{}",
      "src/a.ts": "",
      "test/a.test.ts": "",
    },
    found: {
      name: "shop",
      language: "TypeScript",
      runner: { preset: "vitest" },
      tests: ["test/**", "**/*.test.*", "**/*.spec.*"],
      source: ["src/**", "package.json", "package-lock.json"],
      rules: [
        "vitest.config.*",
        "package.json#/scripts",
        "**/postcss.config.*",
        "**/.postcssrc*",
        "**/package.json#/postcss",
      ],
      setup: "npm ci",
    },
  },
  "jest in package.json": {
    files: { "package.json": manifest({ jest: {}, dependencies: { jest: "1.0.0" } }), "pnpm-lock.yaml": "" },
    found: { language: "JavaScript", runner: { preset: "jest" }, setup: "pnpm install --frozen-lockfile" },
  },
  "node --test": {
    files: { "package.json": manifest({ scripts: { test: "node --test" } }), "index.js": "" },
    found: { runner: { preset: "node" }, source: ["*.js", "*.ts", "package.json"], setup: null },
  },
  "packages with folders of tests": {
    files: {
      "package.json": manifest({ workspaces: ["packages/*"], scripts: { test: "node --test" } }),
      "packages/web/src/spec/page.js": "",
      "packages/web/test/web.test.js": "",
    },
    found: { tests: ["**/test/**", "**/*.test.*", "**/*.spec.*"], source: ["packages/**", "package.json"] },
  },
  "a test script of another kind": {
    files: { "package.json": manifest({ scripts: { test: "mocha" } }) },
    found: { runner: { preset: "exit-code", command: "npm test" } },
  },
  "pytest in pyproject.toml": {
    files: {
      "pyproject.toml": '[project]\nname = "till"\n[tool.pytest.ini_options]\n',
      "till/__init__.py": "",
      "tests/test_till.py": "",
    },
    found: {
      name: "till",
      language: "Python",
      runner: { preset: "pytest" },
      source: ["till/**", "pyproject.toml"],
      rules: ["pyproject.toml#/tool/pytest"],
    },
  },
  "Python without pytest": {
    files: { "setup.py": "", "till.py": "", "test_till.py": "import unittest\n" },
    found: { runner: { preset: "unittest" }, source: ["*.py", "setup.py"], rules: [] },
  },
  "tests in Python without a manifest, in a package that is called src": {
    files: { "src/__init__.py": "", "src/till.py": "", "tests/test_till.py": "" },
    found: { language: "Python", runner: { preset: "unittest" }, source: ["src/**"] },
  },
  "tests in Python below a folder, without a manifest": {
    files: { "lib/till.py": "", "tests/test_till.py": "" },
    found: {
      language: "Python",
      runner: { preset: "unittest" },
      source: ["lib/**"],
      runnerAdvice:
        "unittest goes only into folders that are packages: add an empty `tests/__init__.py`, and commit it, or its tests are not run",
    },
  },
  "src/test/java": {
    files: { "pom.xml": "", "src/main/java/Till.java": "", "src/test/java/TillTest.java": "" },
    found: {
      language: "Java",
      runner: { preset: "exit-code", command: "mvn --offline -q test" },
      tests: ["**/src/test/**"],
      source: ["**/src/main/**"],
      rules: ["pom.xml"],
    },
  },
  "go.mod": {
    files: { "go.mod": "module example.org/tools/till\n\ngo 1.23\n", "till.go": "", "till_test.go": "" },
    found: { name: "till", language: "Go", runner: { preset: "go" } },
  },
  "Cargo.toml": {
    files: { "Cargo.toml": '[package]\nname = "till"\n', "src/lib.rs": "", "Cargo.lock": "" },
    found: {
      name: "till",
      language: "Rust",
      runner: { preset: "cargo" },
      source: ["src/**", "Cargo.toml", "Cargo.lock"],
    },
  },
};

describe.each(Object.entries(projects))("%s", (_name, { files, found }) => {
  const { project: detected } = detectProject(project(files));

  test("is told by its files", () => {
    expect(detected).toMatchObject(found);
  });

  test.each([null, "strict"] as const)("makes a workflow without errors and warnings, preset %s", (preset) => {
    for (const branch of ["main", null]) {
      const text = workflowText({ fallbackName: "folder", project: detected, branch, preset });
      const loaded = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: () => null });
      expect(loaded.ok ? loaded.warnings : loaded.diagnostics).toEqual([]);
      if (!loaded.ok) continue;
      expect(loaded.stored.normalized.phases.map(({ id }) => id)).toEqual([
        "PLAN",
        "TDD",
        "IMPL",
        "REVIEW",
        "COMPLETE",
      ]);
      expect(loaded.stored.normalized.workspace.base).toBe(branch);
    }
  });
});

test("where nothing is recognised, the file still loads, under the folder's name", () => {
  const { project: detected } = detectProject(project({ "main.c": "" }));
  expect(detected).toBeNull();
  const text = workflowText({ fallbackName: "100 % off: no", project: detected, branch: "main", preset: null });
  const loaded = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: () => null });
  expect(loaded.ok ? [loaded.stored.normalized.name, loaded.warnings] : loaded.diagnostics).toEqual([
    "100 % off: no",
    [],
  ]);
});

test("a setup that was not tried is advised in a comment, and only where there are dependencies", () => {
  const textOf = (files: Readonly<Record<string, string>>): string =>
    workflowText({ fallbackName: "x", project: detectProject(project(files)).project, branch: null, preset: null });
  expect(textOf({ "till.py": "", "requirements.txt": "six\n" })).toContain(
    "# setup `python3 -m pip install --target .python -r requirements.txt`",
  );
  expect(textOf({ "Cargo.toml": "[package]\n[dependencies]\ncfg-if = 1\n" })).toContain("# commit `vendor`");
  expect(textOf({ "go.mod": "module a\n", "go.sum": "" })).toContain("# commit `vendor`");
  expect(textOf({ "till.py": "" })).not.toContain("workspace.setup");
});

test("the strict workflow's schema asks for what its gate asks for: what is out of scope, and constraints, are said", () => {
  const text = (preset: "strict" | null) => workflowText({ fallbackName: "x", project: null, branch: null, preset });
  const none = ["out_of_scope", "constraints"].map(
    (name) =>
      `      ${name}: { type: array, minItems: 1, items: { type: string, minLength: 1 } }   # ["none"] where there is none`,
  );
  expect(none.map((line) => text("strict").includes(line))).toEqual([true, true]);
  expect(none.map((line) => text(null).includes(line))).toEqual([false, false]);
});

test("the strict workflow asks for coverage where the preset can measure it", () => {
  const textOf = (files: Readonly<Record<string, string>>): string =>
    workflowText({ fallbackName: "x", project: detectProject(project(files)).project, branch: null, preset: "strict" });
  const left = "# `coverage` is not asked for yet";
  expect(textOf({ "package.json": manifest({ scripts: { test: "node --test" } }) })).not.toContain(left);
  const measuring = { vitest: "5.0.0", "@vitest/coverage-v8": "5.0.0" };
  expect(textOf({ "package.json": manifest({ devDependencies: measuring }) })).not.toContain(left);
  expect(textOf({ "package.json": manifest({ devDependencies: { vitest: "5.0.0" } }) })).toContain(
    `${left}: measuring needs \`@vitest/coverage-v8\``,
  );
  expect(textOf({ "till.py": "", "requirements.txt": "coverage\n" })).not.toContain(left);
  expect(textOf({ "till.py": "" })).toContain(`${left}: measuring needs \`coverage\``);
  expect(textOf({ "go.mod": "module a\n" })).toContain(`${left}: let the test command write`);
});

test("the first language decides, and the others are named", () => {
  const { project: detected, alsoFound } = detectProject(project({ "package.json": "{}", "go.mod": "module a\n" }));
  expect([detected?.language, alsoFound]).toEqual(["JavaScript", ["Go"]]);
});

test("a package.json that cannot be read is none", () => {
  expect(detectProject(project({ "package.json": "{" })).project).toBeNull();
});

test("of unittest nothing is said where its folders are packages, and of pytest nothing at all", () => {
  for (const beside of ["tests/__init__.py", "tests/conftest.py"]) {
    const found = detectProject(project({ "till.py": "", [beside]: "", "tests/test_till.py": "" }));
    expect(found.project).not.toHaveProperty("runnerAdvice");
  }
});

test.each([
  ["pages and pictures", ["README.md", "LICENSE", ".gitignore", "docs/use.rst", "docs/till.png"], ["*.md", "docs/**"]],
  [
    "pages of a site",
    ["README.md", "mkdocs.yml", "docs/use.md", ".github/workflows/ci.yml"],
    ["*.md", "mkdocs.yml", "docs/**"],
  ],
  ["pages beside other settings", ["README.md", "values.yml"], null],
  ["pages beside a Makefile", ["README.md", "Makefile"], null],
  ["pages beside a script", ["README.md", "bin/till"], null],
  ["pages beside code", ["README.md", "till.py"], null],
  ["nothing", [".gitignore"], null],
])("a repository of %s", (_, paths, pages) => {
  expect(detectProject({ paths, read: () => null }).pages).toEqual(pages);
});
