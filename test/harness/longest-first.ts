import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/**
 * Files that take longest, longest first: what is begun last should end soon, or one file runs alone at the end. A new
 * machine has no times of its own, and a file's size says little of them.
 */
const longest = [
  "test/corpus/attacks.test.ts",
  "test/corpus/benign.test.ts",
  "packages/runner/src/evidence/canary.system.test.ts",
  "test/e2e/honest-typescript.test.ts",
  "packages/cli/src/serve.system.test.ts",
  "test/e2e/honest-python.test.ts",
  "test/e2e/operations.test.ts",
  "test/e2e/forged-evidence.test.ts",
  "test/e2e/demo.test.ts",
  "test/e2e/sdk-docs.test.ts",
  "test/e2e/weakened-tests.test.ts",
  "packages/cli/src/init/init.system.test.ts",
];

/** Sorts the files of a project by what they are known to take; the others follow in the runner's own order. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
  return place === -1 ? longest.length : place;
}
