import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { HonestTeam } from "../harness/honest-team.ts";
import { git } from "../harness/repository.ts";
import { TestServer } from "../harness/server.ts";

const presets = ["unittest", ...(isThere("pytest") ? ["pytest"] : [])];

const workflowOf = (preset: string): string => `
name: invoices
paths:
  tests:  ["tests/**"]
  source: ["shop/**", "pyproject.toml"]
  rules:  ["pytest.ini"]
workspace:
  setup: { command: "mkdir -p .deps && cp -r vendor/. .deps/", inputs: [pyproject.toml] }
evidence:
  tests: { preset: ${preset}, env: { PYTHONPATH: ".:.deps" }, retries: 0 }
phases:
  - { id: PLAN, tools: [read], artifacts: [plan], gate: plan_has_acceptance_criteria }
  - { id: TDD, tools: [read, edit, run], write: [$tests], freeze: [$tests, $rules], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: [$source], gate: green }
  - { id: REVIEW, tools: [read, run], gate: { reviews: [security, quality], approval: human }, rework: [IMPL, TDD] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

const files = {
  ".gitignore": "__pycache__/\n.deps/\n",
  "pyproject.toml": '[project]\nname = "shop"\nversion = "1.0.0"\n',
  "vendor/money.py": "def cents(amount):\n    return round(amount, 2)\n",
  "shop/__init__.py": "",
  "shop/total.py": "def total(prices):\n    return sum(prices)\n",
  "tests/__init__.py": "",
  "tests/helper.py": "PRICES = [1, 2]\n",
  "tests/test_total.py": `import unittest

from shop.total import total
from tests.helper import PRICES


class TestTotal(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(total(PRICES), 3)
`,
  "tests/test_broken.py": `import unittest


class TestBroken(unittest.TestCase):
    def test_that_nobody_has_repaired(self):
        self.assertEqual(1, 2)
`,
};

const discountTest = `import unittest
from shop.discount import discounted
class TestDiscount(unittest.TestCase):
  def test_takes_it_off( self ):
    self.assertEqual(discounted([10,20],0.1),28)
`;

const formattedTest = `import unittest

from shop.discount import discounted


class TestDiscount(unittest.TestCase):
    def test_takes_it_off(self):
        self.assertEqual(discounted([10, 20], 0.1), 28)
`;

const totalTest = `import unittest

from shop.total import total


class TestTotal(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(total([1, 2]), 3)
`;

const discount = `from money import cents

from shop.total import total


def discounted(prices, discount):
    return cents(total(prices) * (1 - discount))
`;

const hour = 3_600_000;
const clock = {
  at: Date.now(),
  now(): number {
    return this.at;
  },
};

let server: TestServer | null = null;
afterEach(() => server?.stop());

test.each(presets)("an honest %s session ends without one false block", async (preset) => {
  server = await TestServer.start({ workflow: workflowOf(preset), files, clock });
  const team = await HonestTeam.gather(server);
  const runTests = `python3 -m ${preset}`;
  const taskId = await team.newTask("Discounts");
  await using ada = await team.claim("ada", taskId);
  const plan = { summary: "Discounts", acceptance_criteria: ["a discount is taken off the sum"] };
  expect(await ada.requestTransition("TDD", { artifacts: { plan } })).toMatchObject({ outcome: "moved" });

  await ada.writeFile("tests/test_discount.py", discountTest);
  await team.sh(ada, `cat > tests/test_discount.py <<'EOF'\n${formattedTest}EOF`, ["tests/test_discount.py"]);
  expect(await team.sh(ada, `PYTHONPATH=. ${runTests} 2>&1 | tail -30`)).toContain("shop.discount");
  await team.sh(ada, "python3 -m unittest tests.test_discount > /dev/null 2>&1 || true");
  // The helper of one test is folded into it.
  await ada.writeFile("tests/test_total.py", totalTest);
  await team.sh(ada, "git rm --quiet tests/helper.py", ["tests/helper.py"]);
  await team.sh(ada, "git stash --include-untracked");
  await team.sh(ada, "git stash pop");
  expect(await ada.readFile("tests/test_discount.py")).toBe(formattedTest);
  expect(await ada.requestTransition("IMPL")).toMatchObject({ outcome: "moved", blockers: [] });

  await ada.writeFile("shop/discount.py", discount);
  await ada.editFile("pyproject.toml", {
    oldText: 'version = "1.0.0"\n',
    newText: 'version = "1.0.0"\ndependencies = ["money"]\n',
  });
  await team.sh(ada, "mkdir -p .deps && cp -r vendor/. .deps/");
  expect(await ada.runTests()).toMatchObject({ passed: 1, failed: 2 });
  expect(await ada.requestTransition("TDD")).toMatchObject({ outcome: "moved", phase: "TDD", blockers: [] });
  await team.sh(ada, "sed -i 's/ 28)/ 27)/' tests/test_discount.py", ["tests/test_discount.py"]);
  expect(await ada.requestTransition("IMPL")).toMatchObject({ outcome: "moved", phase: "IMPL", blockers: [] });
  await team.sh(ada, "PYTHONPATH=.:.deps python3 -m unittest > .coverage 2>&1 || tail -3 .coverage");
  ada.close();

  clock.at += 2 * hour;
  await server.running.sweepLeases();
  await using bob = await team.claim("bob", taskId);
  expect(bob.phase).toBe("IMPL");
  expect(await bob.readFile("shop/discount.py")).toBe(discount);
  const ran = await bob.runTests();
  expect(ran).toMatchObject({ passed: 2, failed: 1, failures: [{ id: expect.stringContaining("nobody") }] });
  expect(await bob.requestTransition("REVIEW")).toMatchObject({ outcome: "moved", phase: "REVIEW", blockers: [] });

  await team.sh(bob, `PYTHONPATH=.:.deps ${runTests} 2>&1 | tail -5`);
  await team.review(taskId);
  const reviewed = await bob.requestTransition("COMPLETE");
  clock.at += 12 * hour;
  await server.running.sweepLeases();
  await team.approve(reviewed);
  expect(await bob.waitForTransition({ pollMs: 50 })).toMatchObject({ outcome: "moved", phase: "COMPLETE" });
  await bob.useTool("git_commit", { message: "Take discounts off" });
  expect(await bob.complete()).toMatchObject({ outcome: "completed", blockers: [] });
  const committed = git(server.repository, "diff", "--name-status", "main", `phasegate/${taskId}`);
  expect(committed.trim().split("\n")).toEqual([
    "M\tpyproject.toml",
    "A\tshop/discount.py",
    "D\ttests/helper.py",
    "A\ttests/test_discount.py",
    "M\ttests/test_total.py",
  ]);
});

function isThere(module: string): boolean {
  try {
    execFileSync("python3", ["-c", `import ${module}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
