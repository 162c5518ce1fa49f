import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { git } from "../harness/repository.ts";
import { HonestTeam } from "../harness/honest-team.ts";
import { TestServer } from "../harness/server.ts";

/** Stands in for the package registry, which tests do without. */
const installed = fileURLToPath(new URL("../../node_modules", import.meta.url));

const workflow = `
name: checkout-service
paths:
  tests:  ["test/**"]
  source: ["src/**", "package.json"]
  rules:  ["vitest.config.*", "package.json#/scripts"]
workspace:
  setup: { command: sh scripts/install.sh, inputs: [package.json] }
evidence:
  tests:    { preset: vitest }
  coverage: { minimum: 80 }
phases:
  - { id: PLAN, tools: [read], artifacts: [plan], gate: [plan_has_acceptance_criteria, { approval: human }] }
  - { id: TDD, tools: [read, edit, run], write: [$tests], freeze: { paths: [$tests, $rules], may_add: ["**/*.snap"] }, gate: red }
  - { id: IMPL, tools: [read, edit, run], write: [$source, "**/*.snap"], gate: [green, coverage] }
  - { id: REVIEW, tools: [read, run], gate: { reviews: [security, quality], approval: human }, rework: [IMPL, TDD] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

const files = {
  ".gitignore": "node_modules\n",
  ".prettierrc": json({ printWidth: 120 }),
  "package.json": json({ name: "shop", type: "module", private: true, scripts: { test: "vitest run" } }),
  "scripts/install.sh": `set -e
npm install --offline --no-audit --no-fund --no-package-lock --loglevel=error
mkdir -p node_modules
ln -s ${installed}/* node_modules/
ln -s ${installed}/.bin node_modules/.bin
`,
  "vendor/money/package.json": json({ name: "money", version: "1.0.0", type: "module", exports: "./index.js" }),
  "vendor/money/index.js": "export const cents = (amount) => Math.round(amount * 100) / 100;\n",
  "vitest.config.ts": `import { defineConfig } from "vitest/config";
export default defineConfig({
  test: { pool: "forks", maxWorkers: 1, coverage: { include: ["src/**"] } },
});
`,
  "src/sum.ts": "export const sum = (prices: number[]): number => prices.reduce((all, one) => all + one, 0);\n",
  "test/sum.test.ts": `import { expect, test } from "vitest";
import { sum } from "../src/sum.ts";

test("adds prices", () => expect(sum([1, 2])).toBe(3));
`,
  // Fails among the others and passes alone: the commonest kind of flaky test, at will.
  "test/flaky.test.ts": `import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("is sometimes quick", () => {
  expect(readFileSync("/proc/" + process.ppid + "/cmdline", "utf8")).toContain("flaky");
});
`,
};

const unformattedTest = `import {expect,test} from 'vitest'
import {priceOf} from '../src/price.ts'
test('takes the discount off',()=>{expect(priceOf([10,20],0.1)).toBe(28)})
test('prints a receipt',()=>{expect({prices:[10,20],price:priceOf([10,20],0.1)}).toMatchSnapshot()})
`;

const firstPrice = `import { sum } from "./sum.ts";

export const priceOf = (prices: number[], discount: number): number => sum(prices) * (1 - discount);
`;

const secondPrice = `import { cents } from "money";
import { sum } from "./sum.ts";

export const priceOf = (prices: number[], discount: number): number => cents(sum(prices) * (1 - discount));
`;

const hour = 3_600_000;
const clock = {
  at: Date.now(),
  now(): number {
    return this.at;
  },
};

let server: TestServer;
let team: HonestTeam;
beforeAll(async () => {
  server = await TestServer.start({ workflow, files, clock, toolchainDirs: [installed] });
  team = await HonestTeam.gather(server);
});
afterAll(() => server.stop());

test("an honest TypeScript session ends without one false block", async () => {
  const taskId = await team.newTask("Discounts");
  await using ada = await team.claim("ada", taskId);
  expect(await ada.readFile("src/sum.ts")).toContain("reduce");
  const plan = { summary: "Discounts", acceptance_criteria: ["a discount is taken off the sum"] };
  const planned = await ada.requestTransition("TDD", { artifacts: { plan } });
  clock.at += 12 * hour;
  await server.running.sweepLeases();
  await team.approve(planned);
  expect(await ada.waitForTransition({ pollMs: 50 })).toMatchObject({ outcome: "moved", phase: "TDD" });

  await team.sh(ada, "sh scripts/install.sh");
  await ada.writeFile("test/price.test.ts", unformattedTest);
  await team.sh(ada, "npx prettier --write test", ["test/price.test.ts"]);
  expect(await team.sh(ada, "npm test 2>&1 | tail -50")).toContain("../src/price.ts");
  await team.sh(ada, "npx vitest run test/price.test.ts > /dev/null 2>&1 || true");
  await team.sh(ada, "CI=1 npx vitest run --coverage test/sum.test.ts && ls coverage && mkdir -p node_modules/.cache");
  await team.sh(ada, "git stash --include-untracked");
  await team.sh(ada, "git stash pop");
  expect(await ada.readFile("test/price.test.ts")).toContain("toBe(28)");
  expect(await ada.requestTransition("IMPL")).toMatchObject({ outcome: "moved", blockers: [] });

  await ada.writeFile("src/price.ts", firstPrice);
  // 30 less a tenth is 27: it is the test that is wrong.
  const snapshot = "test/__snapshots__/price.test.ts.snap";
  const failing = await team.sh(ada, "npx vitest run test/price.test.ts 2>&1 | tail -40", [snapshot]);
  expect(failing).toContain("expected 27 to be 28");
  expect(await ada.requestTransition("TDD")).toMatchObject({ outcome: "moved", phase: "TDD", blockers: [] });
  await ada.editFile("test/price.test.ts", { oldText: "toBe(28)", newText: "toBe(27)" });
  await team.sh(ada, "npx prettier --check test && git status --short && git diff --stat");
  expect(await ada.requestTransition("IMPL")).toMatchObject({ outcome: "moved", phase: "IMPL", blockers: [] });

  const dependencies = '"private": true,\n  "dependencies": { "money": "file:vendor/money" }';
  await ada.editFile("package.json", { oldText: '"private": true', newText: dependencies });
  await ada.writeFile("src/price.ts", secondPrice);
  await team.sh(ada, "rm -rf node_modules && sh scripts/install.sh");
  expect(await team.sh(ada, "NO_COLOR=1 npx vitest run test/price.test.ts test/sum.test.ts", [])).toContain("3 passed");
  ada.close();

  clock.at += 2 * hour;
  await server.running.sweepLeases();
  await using bob = await team.claim("bob", taskId);
  expect(bob.phase).toBe("IMPL");
  expect(await bob.readFile("src/price.ts")).toBe(secondPrice);
  expect(await bob.runTests()).toMatchObject({ status: "completed", passed: 4, failed: 0, skipped: 0 });
  expect(await bob.requestTransition("REVIEW")).toMatchObject({ outcome: "moved", phase: "REVIEW", blockers: [] });

  expect(await team.sh(bob, "NO_COLOR=1 npm test 2>&1 | tail -20")).toMatch(/1 failed \| 3 passed/);
  await team.review(taskId);
  const reviewed = await bob.requestTransition("COMPLETE");
  const seen = await team.approve(reviewed);
  expect(JSON.stringify(seen["evidence"])).toContain('"dependency_change":["package.json"]');
  expect(seen["diff"]).toContain('"money": "file:vendor/money"');
  expect(await bob.waitForTransition({ pollMs: 50 })).toMatchObject({ outcome: "moved", phase: "COMPLETE" });
  await bob.useTool("git_commit", { message: 'Take discounts off; "git push --force" is no command here' });
  expect(await bob.complete()).toMatchObject({ outcome: "completed", blockers: [] });
  expect(git(server.repository, "ls-tree", "-r", "--name-only", `phasegate/${taskId}`).split("\n")).toEqual(
    expect.arrayContaining(["src/price.ts", "test/price.test.ts", snapshot]),
  );
});

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
