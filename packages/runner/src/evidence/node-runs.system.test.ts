import { expect, it } from "vitest";
import { changed, nodeCommand, openEvidenceBench, outcomesOf, testsOf } from "./evidence.fixture.ts";

const files = {
  "package.json": '{"type":"module"}',
  "src/sum.js": "export const sum = (a, b) => a + b;\n",
  "test/sum.test.js":
    "import { test } from 'node:test';\nimport assert from 'node:assert';\nimport { sum } from '../src/sum.js';\ntest('adds', () => assert.equal(sum(1, 2), 3));\n",
};

it("node:test: a run says what ran on the tree that was named, and why a file did not load", async () => {
  await using bench = await openEvidenceBench(files, { command: nodeCommand, format: "junit", retries: 0 });
  const base = await testsOf(bench);
  expect([base.status, base.exitCode, outcomesOf(base)]).toEqual(["completed", 0, ["passed: test/sum.test.js > adds"]]);

  const red = await changed(bench, {
    "test/new.test.js":
      "import { test } from 'node:test';\nimport { product } from '../src/product.js';\ntest('multiplies', () => product(1, 2));\n",
    "test/syntax.test.js": "import { test } from 'node:test';\ntest('x', ( => {});\n",
    "test/helped.test.js": "import './missing-helper.js';\n",
    "test/export.test.js": "import { average } from '../src/sum.js';\naverage();\n",
    "test/thrown.test.js": "throw new Error('at load');\n",
    "test/parent.test.js":
      "import { test } from 'node:test';\ntest('parent', async (t) => {\n  await t.test('child', () => {});\n  throw new Error('parent itself');\n});\n",
    "test/helper.js": "export const help = 1;\n",
  });
  const run = await testsOf(bench, red);
  expect([run.status, run.tree, outcomesOf(run)]).toEqual([
    "completed",
    red,
    ["passed: test/parent.test.js > parent > child", "passed: test/sum.test.js > adds"],
  ]);
  expect(Object.fromEntries(run.unloadedFiles.map(({ file, cause }) => [file, cause]))).toEqual({
    "test/new.test.js": "outside",
    "test/syntax.test.js": "in_test",
    "test/helped.test.js": "in_test",
    "test/export.test.js": "outside",
    "test/parent.test.js": "unclassified",
    "test/thrown.test.js": "unclassified",
  });
  expect(run.key).toBe(base.key);
  expect(outcomesOf(await testsOf(bench))).toEqual(["passed: test/sum.test.js > adds"]);
});
