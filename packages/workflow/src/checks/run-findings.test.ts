import { digestBytes, type RedIdentity, type TestRun, type TreeChange } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { changed, judge } from "./testing/check-case.ts";
import { atRed, now, onBase, redAgain, redTest, type RunFiles } from "./testing/run-case.ts";

const file = "test/tax.test.ts";
const before = `import { tax } from "../src/tax.js";

test("tax of ten", () => expect(tax(10)).toBe(1));
test("none of nothing", () => expect(tax(0)).toBe(0));
`;
const ofBase: RunFiles = { [file]: { "tax of ten": "passed", "none of nothing": "passed" } };

interface Given {
  readonly after: string | null;
  readonly at?: "red" | "green";
  readonly ran?: RunFiles[string];
  readonly reds?: readonly RedIdentity[];
  readonly run?: Partial<TestRun>;
  readonly base?: Partial<TestRun>;
}

/** The file of the base as it is now. */
function changedTo(text: string): TreeChange {
  const change = changed(file);
  return { ...change, after: { ...change.after!, content: digestBytes(text), size: text.length } };
}

/** A new file of this text. */
function written(path: string, text: string, size = text.length): TreeChange {
  const change = changed(path, "added");
  return { ...change, after: { ...change.after!, content: digestBytes(text), size } };
}

/** Red, and in the file as it is now. */
function red(name: string, text: string): RedIdentity {
  return redTest(file, name, digestBytes(text));
}

/** Of a task that changed the file of the base and wrote a red test beside it. */
function findings({ after, at = "green", ran, reds = [], run = {}, base = {} }: Given) {
  const files = { [file]: ran ?? ofBase[file] ?? {} };
  const contents = after === null ? {} : { [file]: { before, after } };
  const runs = {
    base: onBase(ofBase, base),
    ...(at === "red" ? { red: atRed({ ...files, "test/half.test.ts": { half: "failed" } }, run) } : {}),
    ...(at === "green" ? { current: now(files, run), redIdentities: reds, redAgain: redAgain(reds) } : {}),
  };
  const sinceBase = [changedTo(after ?? ""), changed("test/half.test.ts", "added")];
  const paths = [file, "test/half.test.ts", "src/tax.js"];
  const more = at === "red" ? ({ phase: "TDD" } as const) : {};
  const check = at === "red" ? "tests_are_failing" : "all_tests_pass";
  const told = judge(check, { ...more, changes: [], sinceBase, contents, paths, evidence: runs }).findings ?? [];
  return told
    .filter(({ name, message }) => /rewritten_tests|files_written_over/.test(name) && !/nothing is red/.test(message))
    .map(({ name, severity, message }) => `${severity} ${name}: ${message}`);
}

const gutted = before.replace("expect(tax(10)).toBe(1)", "{ tax(10); }");
const saysElse = "warning rewritten_tests: tests of the base that say something else now and pass as they did";

describe("a test of the base that says something else and passes as it did", () => {
  test.each(["red", "green"] as const)("is named at %s, also in a file that holds a red test", (at) => {
    const after = `${gutted}test("half", () => expect(half(2)).toBe(1));\n`;
    const ran = {
      "tax of ten": "passed",
      "none of nothing": "passed",
      half: at === "red" ? "failed" : "passed",
    } as const;
    const reds = [red("half", after)];
    expect(findings({ after, at, ran, reds })).toEqual([`${saysElse}: \`${file} > tax of ten\``]);
  });

  test("is not named where nothing but tests was added", () => {
    expect(findings({ after: `${before}test("half", () => {});\n` })).toEqual([]);
  });

  test("is not named where its new expectation is red, or was", () => {
    const after = before.replace("toBe(1)", "toBe(2)");
    const ran = { "tax of ten": "failed", "none of nothing": "passed" } as const;
    expect(findings({ after, at: "red", ran })).toEqual([]);
    expect(findings({ after, reds: [red("tax of ten", after)] })).toEqual([]);
  });

  test("is named where only one of its cases was red", () => {
    const each = before.replace('test("tax of ten", () => expect(tax(10)).toBe(1));', "");
    const base = onBase({ [file]: { "tax of 10": "passed", "tax of 20": "passed" } });
    const table = (body: string): string => `${each}test.each([10, 20])("tax of %i", (amount) => ${body});\n`;
    const outcome = judge("all_tests_pass", {
      changes: [],
      sinceBase: [changedTo(table("{}"))],
      contents: { [file]: { before: table("expect(tax(amount)).toBe(amount / 10)"), after: table("{}") } },
      paths: [file],
      evidence: {
        base,
        current: now({ [file]: { "tax of 10": "passed", "tax of 20": "passed" } }),
        redIdentities: [red("tax of 20", table("{}"))],
        redAgain: redAgain([red("tax of 20", table("{}"))]),
      },
    });
    expect(outcome.findings?.map(({ message }) => message)).toContain(
      `tests of the base that say something else now and pass as they did: \`${file} > tax of %i\``,
    );
  });

  test("has its file named where that is gone and the report names no files", () => {
    const told = (runs: RunFiles): unknown =>
      judge("all_tests_pass", {
        changes: [],
        sinceBase: [changed("test/tax.test.sh", "deleted"), changed("test/more.test.sh", "added")],
        contents: {},
        paths: ["test/more.test.sh"],
        evidence: { base: onBase(runs), current: now(runs) },
      }).findings;
    expect(told({ "": { "tax of ten": "passed" } })).toMatchObject([
      {
        name: "rewritten_tests",
        message: "changed beside tests of the base, which may rest on it: `test/tax.test.sh`",
      },
    ]);
    expect(told({ "test/tax.test.sh": { "tax of ten": "passed" } })).toEqual([]);
  });

  describe("moved as it was, and the report names no files:", () => {
    const [from, to] = ["test/tax.test.sh", "test/taxes.test.sh"];
    const same = { ...changed(from, "deleted").before!, content: digestBytes("tax") };
    const moved = [
      { ...changed(from, "deleted"), before: same },
      { ...changed(to, "added"), after: same },
    ];
    const told = (old: RunFiles, is: RunFiles, text = "ten() { :; } # tax of ten"): unknown =>
      judge("all_tests_pass", {
        changes: [],
        sinceBase: moved,
        contents: { [from]: { before: text, after: null } },
        paths: [to],
        artifacts: { removed_tests: [from] },
        evidence: { base: onBase(old), current: now(is) },
      }).findings?.map(({ name, severity, message }) => `${severity} ${name}: ${message}`);
    const ten: RunFiles = { "": { "tax of ten": "passed", other: "passed" } };
    const asChanged =
      "warning rewritten_tests: changed beside tests of the base, which may rest on it: `test/tax.test.sh`";

    test("it is told once, as such, where its tests pass", () => {
      expect(told(ten, ten)).toEqual([
        "info rewritten_tests: test files that moved, byte for byte, and whose tests pass as they did: `test/tax.test.sh -> test/taxes.test.sh`",
      ]);
    });

    test("nothing more is told than that its tests are called otherwise, where they are called by it", () => {
      const named = (path: string): RunFiles => ({ "": { [path]: "passed" } });
      expect(told(named("test/tax.test.sh"), named("test/taxes.test.sh"))).toEqual([
        "warning removed_tests: moved, and pass there, by what is loaded and acts on them there: `test/tax.test.sh -> test/taxes.test.sh`",
      ]);
    });

    test("it is told as any other where no test is known to be in it", () => {
      expect(told(ten, ten, "nothing")).toEqual([asChanged]);
    });

    test("it is told as any other where one of its tests does not run", () => {
      expect(told(ten, { "": { other: "passed" } })).toEqual([asChanged]);
    });
  });

  test.each<[what: string, path: string, before: string, after: string | null, isTold: boolean]>([
    ["rows were taken out of it", "test/tax.test.json", "[\n  [10, 1],\n  [20, 2]\n]\n", "[\n  [10, 1]\n]\n", true],
    ["a row says something else", "test/other.test.json", "[\n  [10, 1]\n]\n", "[\n  [10, 9]\n]\n", true],
    ["it is gone", "test/tax.test.txt", "10 1\n", null, true],
    ["rows were added", "test/more.test.json", "[\n  [10, 1]\n]\n", "[\n  [10, 1],\n  [20, 2]\n]\n", false],
    ["it is a text for people", "test/tax.test.md", "a\n", "b\n", false],
  ])("data of the base among its tests, where %s", (_, path, was, after, isTold) => {
    const run: RunFiles = { [file]: { tax: "passed" } };
    const outcome = judge("all_tests_pass", {
      changes: [],
      sinceBase: [changed(path, after === null ? "deleted" : "modified")],
      contents: { [path]: { before: was, after } },
      paths: [file],
      evidence: { base: onBase(run), current: now(run) },
    });
    const told = `changed beside tests of the base, which may rest on it: \`${path}\``;
    expect(outcome.findings?.map(({ message }) => message)).toEqual(isTold ? [told] : []);
  });

  test("has its file named where something beside it changed, or the texts were not read", () => {
    const beside = "warning rewritten_tests: changed beside tests of the base, which may rest on it";
    const after = before.replace("../src/tax.js", "./tax.js");
    expect(findings({ after })).toEqual([`${beside}: \`${file}: tax\``]);
    expect(findings({ after: null })).toEqual([`${beside}: \`${file}\``]);
    expect(findings({ after: `${gutted}${" ".repeat(2 * 1024 * 1024)}` })).toEqual([`${beside}: \`${file}\``]);
  });
});

test("a new file that acts on tests of the base is named, where it may run beside one", () => {
  const told = (path: string, text: string, runsIn: string): unknown => {
    const run: RunFiles = { [runsIn]: { adds: "passed" } };
    return judge("all_tests_pass", {
      changes: [],
      sinceBase: [changed(path, "added")],
      contents: { [path]: { before: null, after: text } },
      paths: [path, runsIn],
      evidence: { base: onBase(run), current: now(run) },
    }).findings?.map(({ name, message }) => `${name}: ${message}`);
  };
  const hook = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n";
  const message = "rewritten_tests: changed beside tests of the base, which may rest on it";
  expect(told("tests/conftest.py", hook, "tests/test_a.py")).toEqual([
    `${message}: \`tests/conftest.py: pytest_pyfunc_call\``,
  ]);
  expect(told("tests/more/conftest.py", hook, "tests/test_a.py")).toEqual([]);
  expect(told("tests/b/conftest.py", hook, "test/a.test.js")).toEqual([]);
  const patch = 'import assert from "node:assert";\nassert.equal = () => {};\n';
  expect(told("test/setup.js", patch, "test/a.test.js")).toEqual([`${message}: \`test/setup.js\``]);
  expect(told("test/b.test.js", patch, "test/b.test.js")).toEqual([]);
});

test("a new file is named where one process runs it and tests of the base, and it acts on them there", () => {
  const told = (command: string, text: string, path = "test/b.test.js", ofBase = "test/a.test.js"): unknown => {
    const [run, old] = [{ [path]: { more: "passed" } }, { [ofBase]: { adds: "passed" } }] as const;
    return judge("all_tests_pass", {
      changes: [],
      sinceBase: [written(path, text)],
      contents: { [path]: { before: null, after: text } },
      paths: [path, ofBase],
      evidence: { base: onBase(old, { command }), current: now({ ...old, ...run }, { command }) },
    }).findings?.map(({ message }) => message);
  };
  const message = "changed beside tests of the base, which may rest on it: `test/b.test.js`";
  const patch = 'import assert from "node:assert";\nassert.equal = () => {};\n';
  const hook = 'import { rates } from "../src/rates.js";\nbeforeEach(() => rates.clear());\ntest("more", () => {});\n';
  for (const command of ["npx mocha --reporter xunit", "node --test --test-isolation=none"]) {
    expect(told(command, patch)).toEqual([message]);
    expect(told(command, hook)).toEqual([message]);
  }
  expect(told("npx vitest run --no-isolate", patch)).toEqual([message]);
  expect(told("npx vitest run --no-isolate", hook)).toEqual([]);
  expect(told("npx vitest run", patch)).toEqual([]);
  expect(told("npx mocha", 'describe("b", () => { beforeEach(reset); it("more", () => {}); });\n')).toEqual([]);
  const go = (text: string): unknown => told("go test -json ./...", text, "tax/b_test.go", "tax/a_test.go");
  const inGo = "changed beside tests of the base, which may rest on it: `tax/b_test.go";
  expect(go("package tax\n\nfunc TestMain(m *testing.M) { Rate = 0; os.Exit(m.Run()) }\n")).toEqual([
    `${inGo}: TestMain\``,
  ]);
  expect(go("package tax\n\nfunc init() {\n\tRate = 0\n}\n")).toEqual([`${inGo}: init\``]);
  expect(go("package tax\n\nvar _ Rates = (*fake)(nil)\n\nfunc TestMore(t *testing.T) {}\n")).toEqual([]);
});

test("files of tests whose texts were not read are named, whatever they are", () => {
  const told = (path: string, size: number, text?: string | null): unknown => {
    return judge("all_tests_pass", {
      changes: [],
      sinceBase: [written(path, `unread: ${text ?? ""}`, size)],
      contents: text === undefined ? {} : { [path]: { before: null, after: text } },
      paths: [path],
      evidence: { base: onBase({}), current: now({ [path]: { adds: "passed" } }) },
    }).findings?.map(({ name, message }) => `${name}: ${message}`);
  };
  const message =
    "unread_tests: too large for their texts to be looked into, or not UTF-8, so that nothing else is told of what they do";
  expect(told("test/a.test.js", 257 * 1024)).toEqual([`${message}: \`test/a.test.js\``]);
  expect(told("test/test_a.py", 100, null)).toEqual([`${message}: \`test/test_a.py\``]);
  expect(told("test/a.test.js", 256 * 1024, "")).toEqual([]);
  expect(told("test/rows.json", 257 * 1024)).toEqual([]);
});

describe("files of the tree that a run wrote over", () => {
  const told = "files_written_over: written over while the tests ran, which may not have been what the tree holds";

  test.each(["red", "green"] as const)("are named at %s", (at) => {
    const run = { rewrittenFiles: [file, "src/tax.js"] };
    expect(findings({ after: before, at, run })).toEqual([`warning ${told}: \`${file}\`, \`src/tax.js\``]);
  });

  test("are no warning where the run of the base writes over them as well", () => {
    const [run, base] = [{ rewrittenFiles: ["test/db.sqlite"] }, { rewrittenFiles: ["test/a.txt", "test/db.sqlite"] }];
    expect(findings({ after: before, run, base })).toEqual([`info ${told}: \`test/db.sqlite\``]);
  });

  test("are a warning where they could not be told", () => {
    expect(findings({ after: before, run: { rewrittenFiles: null } })).toEqual([
      "warning files_written_over: not told which files of the tree the run wrote over, since it wrote too many",
    ]);
  });
});

test("a file in the place of the product is named", () => {
  const outcome = judge("all_tests_pass", {
    changes: [],
    sinceBase: [changed("test/shop/__init__.py", "added")],
    paths: ["shop/__init__.py", "test/shop/__init__.py"],
    evidence: { base: onBase({}), current: now({ "test/test_a.py": { test_adds: "passed" } }) },
  });
  expect(outcome.findings).toMatchObject([
    {
      name: "shadowed_product",
      severity: "warning",
      message:
        "among the tests, and loaded in the place of the product or of others, or says where imports lead or how tests run: `test/shop/__init__.py`",
    },
  ]);
});

test.each(["red", "green", "base_tests"])("settings beside the tests that changed are named at %s, once", (at) => {
  const path = "package.json";
  const told = (beside: readonly string[], after: object) =>
    judge(at, {
      changes: [],
      sinceBase: [changed(path)],
      paths: [path, "test/a.test.js"],
      contents: { [path]: { before: '{ "imports": { "#rates": "./src/rates.js" } }', after: JSON.stringify(after) } },
      evidence: {
        base: onBase({ "test/a.test.js": { adds: "passed" } }),
        red: atRed({ "test/a.test.js": { adds: "passed" } }),
        current: now({ "test/a.test.js": { adds: "passed" } }),
        baseTests: onBase({ "test/a.test.js": { adds: "passed" } }),
      },
      beside,
    }).findings?.filter(({ name }) => name === "changed_settings");
  const elsewhere = { imports: { "#rates": "./src/fake.js" } };
  expect(told([], elsewhere)).toMatchObject([
    {
      severity: "warning",
      message: "beside the tests, and says which of them run, how, or what they load: `package.json#/imports/#rates`",
    },
  ]);
  expect(told([], { dependencies: { zod: "4.0.0" }, imports: { "#rates": "./src/rates.js" } })).toEqual([]);
  expect(told(["all_tests_pass"], elsewhere)).toHaveLength(at === "base_tests" ? 0 : 1);
});

test("a new line that makes a success of failures is named", () => {
  const outcome = judge("all_tests_pass", {
    changes: [],
    sinceBase: [changed("test/a.test.js", "added")],
    paths: ["test/a.test.js"],
    contents: { "test/a.test.js": { before: null, after: "it.fails(name, run);\n" } },
    evidence: { base: onBase({}), current: now({ "test/a.test.js": { adds: "passed" } }) },
  });
  expect(outcome.findings).toMatchObject([
    {
      name: "expected_failures",
      severity: "warning",
      message: "a test that fails counts as passed here: `test/a.test.js:1`",
    },
  ]);
});
