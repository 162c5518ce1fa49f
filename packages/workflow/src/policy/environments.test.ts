import { expect, it } from "vitest";
import { claims } from "./environments.ts";
import { compilePatterns } from "./patterns.ts";

function claimed(glob: string, path: string): boolean {
  return compilePatterns([{ glob, pointer: null }]).some((pattern) => claims(pattern, path));
}

it.each([
  ["**/test_*.py", ".venv/lib/python3.11/site-packages/x/test_x.py"],
  ["**/test_*.py", "tools/env/lib/python3.11/site-packages/x/test_x.py"],
  ["**/*.test.js", "node_modules/x/a.test.js"],
  ["**/*.test.js", "packages/a/node_modules/x/a.test.js"],
  ["**/tests/**", ".venv/lib/python3.11/site-packages/colorama/tests/ansi_test.py"],
])("`%s` claims no installed package's `%s`", (glob, path) => {
  expect(claimed(glob, path)).toBe(false);
});

it.each([
  ["**/test_*.py", "src/deep/test_x.py"],
  ["src/**", "src/node_modules/x/test_x.py"],
  ["test/**", "test/fixtures/node_modules/x/index.js"],
  ["**/__fixtures__/**", "packages/a/__fixtures__/node_modules/x/index.js"],
  ["**", "node_modules/x/index.js"],
  ["node_modules/x/**", "node_modules/x/a.test.js"],
  ["**/*.py", "src/venv.py"],
])("`%s` claims `%s`", (glob, path) => {
  expect(claimed(glob, path)).toBe(true);
});
