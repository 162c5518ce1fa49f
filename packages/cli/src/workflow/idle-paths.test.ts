import { expect, test } from "vitest";
import { idlePaths } from "./idle-paths.ts";

const text = 'name: till\npaths:\n  tests: ["test/**"]\n  source: ["src/**"]\nphases: []\n';

function warned(tracked: readonly string[], workflow = text): readonly string[] {
  return idlePaths(tracked, "agent_workflow.yaml", workflow).map(({ place, message }) => `${place} ${message}`);
}

test("a group that matches nothing of a repository with code is named with its line", () => {
  expect(warned(["lib/a.js"])).toEqual([
    "agent_workflow.yaml:3:3 `paths.tests` matches no file that git tracks",
    "agent_workflow.yaml:4:3 `paths.source` matches no file that git tracks",
  ]);
});

test("tests that lie in the source alone are named", () => {
  expect(warned(["src/main/java/Till.java", "src/test/java/TillTest.java"])).toEqual([
    "agent_workflow.yaml:3:3 `paths.tests` matches no file that git tracks",
    "agent_workflow.yaml:4:3 `src/test/java/TillTest.java` looks like a test, and only `paths.source` matches",
  ]);
});

test.each([
  ["tests and sources are where the file says", ["src/a.js", "test/a.test.js"]],
  ["there is no code yet", ["README.md", "agent_workflow.yaml"]],
  ["nothing is tracked", []],
  ["tests lie in both, as in Go", ["src/a_test.js", "test/b.js", "src/b.js"]],
])("there is nothing to warn of where %s", (_name, tracked) => {
  expect(warned(tracked)).toEqual([]);
});

test("groups that are not plain globs, and files without groups, are left alone", () => {
  expect(warned(["lib/a.js"], "name: till\nphases: []\n")).toEqual([]);
  expect(warned(["lib/a.js"], 'paths:\n  all: ["lib/**"]\n  source: [$all]\n')).toEqual([]);
});
