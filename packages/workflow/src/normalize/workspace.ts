import type { NormalizedWorkspace } from "../model/normalized.ts";
import { type Located, member, textOf } from "../reading/located.ts";
import type { NormalizeContext } from "./context.ts";
import { normalizeGlobs } from "./patterns.ts";
import { type Placed, type Places, putUnder, putWritten } from "./places.ts";

const defaultTestPatterns = [
  "**/test/**",
  "**/tests/**",
  "**/__tests__/**",
  "**/spec/**",
  "**/*.test.*",
  "**/*.spec.*",
  "**/*_test.*",
  "**/test_*.py",
  "**/conftest.py",
];

/** Only folders that tools fill by themselves: what is scratch is in no digest. */
const defaultScratch = [
  "**/__pycache__/**",
  ".pytest_cache/**",
  ".mypy_cache/**",
  ".ruff_cache/**",
  ".nyc_output/**",
  ".coverage",
  "htmlcov/**",
  "coverage/**",
  "test-results/**",
  "node_modules/.cache/**",
  "node_modules/.vite/**",
  "node_modules/.vitest/**",
];

const defaultSetupInputs = [
  "**/package.json",
  "**/package-lock.json",
  "**/npm-shrinkwrap.json",
  "**/yarn.lock",
  "**/pnpm-lock.yaml",
  "**/pnpm-workspace.yaml",
  "**/bun.lock",
  "**/.npmrc",
  "**/.yarnrc.yml",
  "**/pyproject.toml",
  "**/setup.py",
  "**/setup.cfg",
  "**/requirements*.txt",
  "**/poetry.lock",
  "**/uv.lock",
  "**/Pipfile",
  "**/Pipfile.lock",
  "**/pip.conf",
  "**/go.mod",
  "**/go.sum",
  "**/Cargo.toml",
  "**/Cargo.lock",
  "**/Gemfile",
  "**/Gemfile.lock",
];

/** The `workspace` section with its defaults. */
export function normalizeWorkspace(context: NormalizeContext): Placed<NormalizedWorkspace> {
  const node = member(context.root, "workspace");
  const places: Places = new Map([["", node?.place ?? context.root.place]]);
  const globs = (key: string, name: string, section: Located | undefined, fallback: readonly string[]): string[] => {
    const given = member(section, key);
    if (!given) return [...fallback];
    const normalized = normalizeGlobs(context, given);
    putUnder(places, `/${name}`, normalized.places);
    return normalized.value;
  };
  for (const key of ["repository", "base", "setup"]) putWritten(places, `/${key}`, member(node, key));
  const setup = member(node, "setup");
  const command = textOf(setup) ?? textOf(member(setup, "command"));
  const value: NormalizedWorkspace = {
    repository: textOf(member(node, "repository")) ?? ".",
    base: textOf(member(node, "base")),
    setup: command === null ? null : { command, inputs: globs("inputs", "setup/inputs", setup, defaultSetupInputs) },
    testPatterns: globs("test_patterns", "testPatterns", node, defaultTestPatterns),
    scratch: globs("scratch", "scratch", node, defaultScratch),
    ignore: globs("ignore", "ignore", node, []),
  };
  return { value, places };
}
