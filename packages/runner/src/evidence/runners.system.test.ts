import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { changed, openEvidenceBench, outcomesOf, testsOf } from "./evidence.fixture.ts";

const installed = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

it("vitest: over a setup layer that the runs can write into and that keeps nothing of it", async () => {
  const setup = `mkdir node_modules && ln -s ${installed}/* node_modules/ && ln -s ${installed}/.bin node_modules/.bin`;
  await using bench = await openEvidenceBench(
    {
      "package.json": '{"type":"module"}',
      ".gitignore": "node_modules\n",
      "src/sum.ts": "export const sum = (a: number, b: number): number => a + b;\n",
      "test/sum.test.ts":
        "import { expect, test } from 'vitest';\nimport { sum } from '../src/sum.ts';\ntest('adds', () => expect(sum(1, 2)).toBe(3));\n",
      "test/layer.test.ts":
        "import { existsSync, writeFileSync } from 'node:fs';\nimport { expect, test } from 'vitest';\ntest('nothing was kept', () => {\n  expect(existsSync('node_modules/left-over')).toBe(false);\n  writeFileSync('node_modules/left-over', 'x');\n});\n",
    },
    {
      command: "npx vitest run --reporter=default --reporter=junit --outputFile.junit={report}",
      format: "junit",
      retries: 0,
    },
    { rules: { setup: { command: setup, inputs: ["package.json"] } }, options: { toolchainDirs: [installed] } },
  );
  const red = await changed(bench, {
    "test/product.test.ts":
      "import { expect, test } from 'vitest';\nimport { product } from '../src/product.ts';\ntest('multiplies', () => expect(product(2, 3)).toBe(6));\n",
    "test/sum.test.ts":
      "import { expect, test } from 'vitest';\nimport { sum } from '../src/sum.ts';\ntest('adds', () => expect(sum(1, 2)).toBe(4));\n",
  });
  const [base, run] = [await testsOf(bench), await testsOf(bench, red)];
  expect([base.status, outcomesOf(base), base.dependencyChange]).toEqual([
    "completed",
    ["passed: test/layer.test.ts > nothing was kept", "passed: test/sum.test.ts > adds"],
    [],
  ]);
  expect([run.status, outcomesOf(run), run.key === base.key]).toEqual([
    "completed",
    ["failed: test/sum.test.ts > adds", "passed: test/layer.test.ts > nothing was kept"],
    true,
  ]);
  expect(run.unloadedFiles).toMatchObject([{ file: "test/product.test.ts", cause: "outside" }]);
  expect(run.output).toContain("product.ts");
});

const pythonFiles = {
  "lib.py": "def add(a, b):\n    return a + b\n",
  "tests/__init__.py": "",
  "tests/test_add.py":
    "import unittest\nfrom lib import add\n\nclass TestAdd(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n",
};
const pythonRed = {
  "tests/test_new.py": "from product import multiply\n",
  "tests/test_syntax.py": "def test_it(:\n",
  "tests/test_helped.py": "from tests.helper import nothing\n",
};
const pythonCauses = {
  "tests/test_new.py": "outside",
  "tests/test_syntax.py": "in_test",
  "tests/test_helped.py": "in_test",
};

const hasPytest = (() => {
  try {
    execFileSync("python3", ["-c", "import pytest"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

const pythonRunners = [
  {
    name: "unittest",
    isThere: true,
    passes: "passed: tests.test_add.TestAdd > test_adds",
    command: "python3 -m unittest -v",
    format: "unittest",
  },
  {
    name: "pytest",
    isThere: hasPytest,
    passes: "passed: tests/test_add.py > TestAdd > test_adds",
    command: "python3 -m pytest --continue-on-collection-errors --junitxml={report}",
    format: "junit",
  },
];

for (const { name, isThere, command, format, passes } of pythonRunners) {
  it.skipIf(!isThere)(`${name}: cases, and why a file did not load`, async () => {
    await using bench = await openEvidenceBench(pythonFiles, { command, format, retries: 0 });
    const red = await changed(bench, { ...pythonRed, "tests/helper.py": "" });
    const [base, run] = [await testsOf(bench), await testsOf(bench, red)];
    expect([base.status, outcomesOf(base)]).toEqual(["completed", [passes]]);
    expect([run.status, outcomesOf(run)]).toEqual(["completed", [passes]]);
    expect(Object.fromEntries(run.unloadedFiles.map(({ file, cause }) => [file, cause]))).toEqual(pythonCauses);
  });
}
