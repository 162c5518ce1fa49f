import { describe, expect, it } from "vitest";
import { mayNameFiles, composeCommand, fileWords, placedCommand, selectionWords } from "./test-command.ts";
import { failingFiles, mergeRetry } from "./retries.ts";
import type { TestCase, TestOutcome } from "@phasegate/wire";

describe("a selection", () => {
  it("is words behind the command, in which nothing of a shell has a meaning", () => {
    const words = selectionWords(`test/a.test.js -t "it's; $(rm -rf .)" '' \`id\``);
    expect(words).toEqual(["test/a.test.js", "-t", "it's; $(rm -rf .)", "", "`id`"]);
    expect(composeCommand("run", ["a'b"])).toBe("run 'a'\\''b'");
  });

  it("names files from where the command runs", () => {
    expect(fileWords(["packages/a/test/x.js", "test/y.js"], "packages/a")).toEqual(["test/x.js", "../../test/y.js"]);
  });

  it("names no file that could be taken for an option", () => {
    expect(fileWords(["-o.test.js", "packages/a/--help.js"], "")).toEqual(["./-o.test.js", "packages/a/--help.js"]);
    expect(fileWords(["packages/a/--help.js"], "packages/a")).toEqual(["./--help.js"]);
  });

  it("stands behind a command whose reports lie where the runner chose", () => {
    const places = { report: "/report/it's", coverage: "/report/measured" };
    expect(placedCommand("run --out={report} --lcov={coverage}/lcov.info", places)).toBe(
      "run --out='/report/it'\\''s' --lcov='/report/measured'/lcov.info",
    );
  });
});

describe("mayNameFiles", () => {
  const narrow = [
    "npx vitest run --reporter=junit --outputFile={report}",
    "python3 -m pytest --junitxml={report}",
    "node --test --test-reporter=junit",
    "CI=1 ./node_modules/.bin/jest --json",
  ];
  it.each(narrow)("`%s` takes names of files", (command) => {
    expect(mayNameFiles({ command, cwd: "" }, [])).toBe(true);
  });
  const whole = [
    "npm test",
    "go test ./...",
    "pytest && echo done",
    "node test.js",
    "vitest run | tee log",
    "make pytests",
  ];
  it.each(whole)("`%s` runs whole", (command) => {
    expect(mayNameFiles({ command, cwd: "" }, [])).toBe(false);
  });

  it("is false for pytest beside a configuration that it would find from some files and not from others", () => {
    const named = (cwd: string, ...files: readonly string[]) => mayNameFiles({ command: "pytest -q", cwd }, files);
    expect(named("", "pyproject.toml", "tests/conftest.py", "tests/test_a.py")).toBe(true);
    expect(named("", "pyproject.toml", "tests/a/pytest.ini", "tests/a/test_a.py")).toBe(false);
    expect(named("api", "api/setup.cfg", "api/tests/test_a.py")).toBe(true);
    expect(mayNameFiles({ command: "vitest run", cwd: "" }, ["packages/a/setup.cfg"])).toBe(true);
  });
});

describe("a retry", () => {
  const test = (identity: string, outcome: TestOutcome, file: string | null = "test/a.js"): TestCase => ({
    identity,
    file,
    name: identity,
    outcome,
    message: outcome === "failed" ? "no" : null,
  });

  it("makes flaky what had both outcomes, and leaves the rest as it was", () => {
    const first = [
      test("a", "failed"),
      test("b", "failed"),
      test("c", "passed"),
      test("d", "passed"),
      test("e", "skipped"),
    ];
    const second = [test("a", "passed"), test("b", "failed"), test("c", "failed"), test("new", "passed")];
    const merged = mergeRetry(first, second);
    expect(merged.flaky).toEqual(["a", "c"]);
    expect(merged.cases.map((one) => `${one.identity} ${one.outcome} ${String(one.message)}`)).toEqual([
      "a passed null",
      "b failed no",
      "c passed null",
      "d passed null",
      "e skipped null",
    ]);
  });

  it("is of the failing files, or of everything where one is not known", () => {
    expect(failingFiles([test("a", "failed"), test("b", "passed", "test/b.js")])).toEqual(["test/a.js"]);
    expect(failingFiles([test("a", "failed"), test("b", "failed", null)])).toBeNull();
    expect(failingFiles([test("a", "passed")])).toEqual([]);
  });
});
