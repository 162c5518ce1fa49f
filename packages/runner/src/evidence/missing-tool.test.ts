import { expect, it } from "vitest";
import { missingTool } from "./missing-tool.ts";

const printed: readonly (readonly [string, string | null])[] = [
  [" MISSING DEPENDENCY  Cannot find dependency '@vitest/coverage-v8'\n", "@vitest/coverage-v8"],
  ["/usr/bin/python3: No module named coverage\n", "coverage"],
  ["/usr/bin/python3: No module named pytest\n", "pytest"],
  ['npm error npx canceled due to missing packages and no YES option: ["@scope/run@4.1.12"]\n', "@scope/run"],
  ["npm error code ENOTCACHED\nnpm error request to https://registry.npmjs.org/jest failed: cache mode is\n", "jest"],
  ["ModuleNotFoundError: No module named 'coverage.helpers'\n", null],
  ["12 passed\n", null],
];

it.each(printed)("%j names what is not there", (output, name) => {
  const found = missingTool(output);
  expect(name === null ? found : found?.split("`").includes(name)).toBe(name === null ? null : true);
});
