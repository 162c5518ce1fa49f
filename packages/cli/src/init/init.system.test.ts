import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, phasegate } from "../cli-under-test.ts";

function repository(files: Readonly<Record<string, string>>, commit = true): string {
  const folder = folderWith(files);
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, ...args], { stdio: "pipe" });
  git("init", "-q", "-b", "trunk");
  git("add", "-A");
  if (commit) git("-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "Begin");
  return folder;
}

const javascript = {
  "package.json": '{ "name": "till", "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/till.js": "export const till = 1;\n",
  "test/till.test.js": 'import test from "node:test";\nimport "../src/till.js";\ntest("opens", () => {});\n',
};
const python = {
  "till.py": "TILL = 1\n",
  "test_till.py":
    "import unittest\nimport till\n\nclass Till(unittest.TestCase):\n    def test_opens(self):\n        self.assertEqual(till.TILL, 2)\n",
};

test.each([
  [
    "node:test",
    javascript,
    "test runner: node, since `npm test` is `node --test`",
    "the preset fits: 1 passed, 0 failed",
  ],
  [
    "unittest",
    python,
    "test runner: unittest, since nothing here names pytest",
    "look at this: no test passed (0 passed, 1 failed, 0 skipped)",
  ],
])(
  "writes a workflow for a project with %s, runs its tests once, and says what it saw",
  async (_name, files, why, saw) => {
    const cwd = repository(files);
    const made = await phasegate(["init"], { cwd });
    expect(made).toMatchObject({ code: 0, error: "" });
    expect(made.out).toContain(why);
    expect(made.out).toContain(saw);
    expect(made.out).toContain("branch: trunk");
    expect(made.out).toMatch(/^next:\n {2}git add agent_workflow\.yaml && git commit/m);
    expect(await phasegate(["lint"], { cwd })).toMatchObject({
      code: 0,
      out: expect.stringContaining("0 errors, 0 warnings"),
    });
  },
);

test("a workflow that is there is overwritten only with --force", async () => {
  const cwd = repository({ ...javascript, "agent_workflow.yaml": "name: mine\n" });
  expect(await phasegate(["init", "--no-run"], { cwd })).toMatchObject({
    code: 1,
    error: expect.stringContaining("`agent_workflow.yaml` is there already"),
  });
  expect(readFileSync(join(cwd, "agent_workflow.yaml"), "utf8")).toBe("name: mine\n");
  expect(await phasegate(["init", "--no-run", "--force", "--preset", "strict"], { cwd })).toMatchObject({
    code: 0,
    out: expect.stringMatching(/--kind person --role approver[\s\S]*--role reviewer {2}# reviews as `security`/),
  });
  expect(readFileSync(join(cwd, "agent_workflow.yaml"), "utf8")).toContain("extends: phasegate/strict@2\n");
});

test("a run without any test, and dependencies that nothing makes, are told", async () => {
  const { "test/till.test.js": _tests, ...untested } = javascript;
  const empty = await phasegate(["init"], { cwd: repository(untested) });
  expect(empty).toMatchObject({ code: 0, out: expect.stringContaining("look at this: ") });
  expect(empty.out).toContain("`workspace.setup` makes their dependencies");
  const cwd = repository({ "package.json": '{ "devDependencies": { "vitest": "5.1.1" } }\n', "a.test.js": "" });
  expect((await phasegate(["init"], { cwd })).out).toContain("not run, since there is no lock file to install from");
});

test("the root of the repository gets the file, also from below it, and without a commit nothing runs", async () => {
  const cwd = repository(javascript, false);
  mkdirSync(join(cwd, "src/deep"));
  const { code, out } = await phasegate(["init"], { cwd: join(cwd, "src/deep") });
  expect([code, out]).toEqual([0, expect.stringContaining("written: ../../agent_workflow.yaml")]);
  expect(out).toContain("tests: not run, since there is no commit yet");
});

test("outside a repository nothing is written", async () => {
  expect(await phasegate(["init"], { cwd: folderWith(javascript) })).toMatchObject({
    code: 1,
    error: expect.stringContaining("is in no git repository"),
  });
});

test("setup is told before it runs, and where it fails it is named with the end of what it said", async () => {
  const cwd = repository({
    ...javascript,
    "package.json": '{ "name": "till", "type": "module", "dependencies": { "is-number": "7.0.0" } }\n',
    "package-lock.json": "{}\n",
    ".npmrc": "offline=true\nfetch-retries=0\nupdate-notifier=false\n",
  });
  const { code, out } = await phasegate(["init"], { cwd });
  expect(code).toBe(0);
  expect(out).toContain("running setup `npm ci` (at most 10 minutes), then the tests …\n");
  expect(out).toMatch(/look at this: setup `npm ci` failed after \d+ s\n {4}.*npm/);
  expect(out).toContain("Mend `workspace.setup` in the file, or what");
  expect(out).not.toContain("evidence.tests");
});

test("a repository of nothing but pages gets the workflow for them, and nothing is run", async () => {
  const cwd = repository({ "README.md": "# Till\n", "docs/use.md": "Open it.\n", LICENSE: "MIT\n" });
  const { code, out } = await phasegate(["init"], { cwd });
  expect([code, out]).toEqual([0, expect.stringContaining("nothing but pages was found: the workflow is for these")]);
  expect(out).toContain("written: agent_workflow.yaml (WRITE, REVIEW, COMPLETE)");
  expect(out).not.toMatch(/look at this|tests: /);
});

test("where nothing says how tests are run, none is claimed to fit", async () => {
  // By its built-in rules make builds `test` of `test.sh`, and succeeds.
  const { out } = await phasegate(["init"], { cwd: repository({ "till.sh": "echo 1\n", "test.sh": "sh till.sh\n" }) });
  expect(out).toContain("look at this: `paths.tests` matches no file that git tracks");
  expect(out).toContain("tests: not run. look at this: no rule for `test` is in a `Makefile` here");
  expect(out).not.toContain("the preset fits");
});
