import type { FileSample, TreeChange } from "@phasegate/wire";
import { expect, test } from "vitest";
import { unreadableCode } from "./unreadable-code.ts";

const sample = (longestLine: number, extra: Partial<FileSample> = {}): FileSample => ({
  head: "2f2f",
  isText: true,
  longestLine,
  disguise: null,
  ...extra,
});

function kindOf(path: string, extra: Partial<FileSample> = {}): string | undefined {
  const after = { path, type: "file", permissions: 0o644, content: "0", size: 12 } as const;
  const change: TreeChange = { path, kind: "added", before: null, after };
  return unreadableCode([change], { [path]: sample(6_000, extra) })[0]?.kind;
}

const minified = "minified or generated code, a line of 6000 bytes or more";

test.each([
  "src/a.js",
  "src/a.tsx",
  "src/a.py",
  "src/a.pyi",
  "src/a.pyw",
  "src/a.rb",
  "src/a.php",
  "src/a.pl",
  "src/a.lua",
  "run.sh",
  "run.bash",
  "run.zsh",
  "run.fish",
  "run.ps1",
  "run.bat",
  "bin/run",
  "Makefile",
  "Dockerfile",
  "Rakefile",
  "a.vue",
  "a.svelte",
  "a.astro",
  "a.mdx",
  "a.go",
  "a.rs",
  "a.c",
  "a.h",
  "a.cc",
  "a.cpp",
  "a.hpp",
  "a.java",
  "a.kt",
  "a.cs",
  "a.swift",
  "a.scala",
  "a.ex",
  "a.hs",
  "a.sql",
  "a.css",
  "a.gradle",
  "a.tf",
  "a.wsgi",
  "a.proto",
  "a.unheard",
  "pyproject.toml",
  "Cargo.toml",
  "setup.cfg",
  "tox.ini",
  ".npmrc",
  ".env",
  "package.json",
  "packages/a/package.json",
  "tsconfig.json",
  "pom.xml",
  "docker-compose.yml",
  "jest.config.json",
  ".github/workflows/ci.yml",
  ".gitlab-ci.yml",
  ".eslintrc.json",
  ".vscode/tasks.json",
])("a long line in `%s` is one that an approver cannot read", (path) => expect(kindOf(path)).toBe(minified));

test.each(["page.html", "logo.svg", "feed.xml"])("so it is in `%s` with a script in it", (path) => {
  expect(kindOf(path, { hasScript: true })).toBe(minified);
  expect(kindOf(path, { hasScript: false })).toBeUndefined();
});

test("so it is in data that begins as a script", () => {
  expect(kindOf("fixtures/data.json", { head: "23212f62" })).toBe(minified);
});

test.each([
  "package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "Cargo.lock",
  "poetry.lock",
  "go.sum",
  "bun.lock",
  "Gemfile.lock",
  "composer.lock",
  "flake.lock",
  "packages.lock.json",
  "docs/guide.md",
  ".github/pull_request_template.md",
  "CHANGELOG.md",
  "notes.txt",
  "docs/page.rst",
  "test/fixtures/all.json",
  "test/cassettes/get.yaml",
  "test/data/rows.csv",
  "locales/de.json",
  "openapi.yaml",
  "test/fixtures/feed.xml",
  "test/fixtures/page.html",
  "logo.svg",
  "dist/a.js.map",
  "notebook.ipynb",
  "test/__snapshots__/a.test.js.snap",
  "test/a.test.js.snapshot",
  "__snapshots__/test_a.ambr",
  "testdata/out.golden",
  "keys/test.pem",
  "test/fixtures/logo.b64",
  "fix.patch",
  "bun.lockb",
])("a long line in `%s` is none: it is data", (path) => expect(kindOf(path)).toBeUndefined());

test("a line of 5,000 bytes is readable in any text", () => {
  const after = { path: "run.sh", type: "file", permissions: 0o755, content: "0", size: 12 } as const;
  const change: TreeChange = { path: "run.sh", kind: "added", before: null, after };
  expect(unreadableCode([change], { "run.sh": sample(5_000) })).toEqual([]);
  expect(unreadableCode([change], { "run.sh": sample(5_001) })).toHaveLength(1);
});
