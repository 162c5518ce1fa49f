import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { causeOfUnloaded } from "./cause-of-unloaded.ts";
import { findReportFormat } from "./registry.ts";
import { ReportError, type ParsedReport, type ReportContext } from "./report-format.ts";

const inTree = new Set([
  ...["a", "b", "c", "d", "f", "h", "i"].map((name) => `test/${name}.test.js`),
  ...["c", "g", "h"].map((name) => `test/${name}.test.ts`),
  ...["a", "b", "c", "d", "e"].map((name) => `tests/test_${name}.py`),
  "test/helper.js",
  "src/lib.js",
  "tests/helper.py",
  "lib.py",
  "tests/integ.rs",
  "src/lib.rs",
  "x_test.go",
]);

function context(changes: Partial<ReportContext> = {}): ReportContext {
  return {
    workspace: "/workspace",
    cwd: "",
    exitCode: 1,
    output: "",
    isFile: (path) => inTree.has(path),
    ...changes,
  };
}

const isTestFile = (path: string) => /^tests?\//.test(path) || path.endsWith("_test.go");

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");
}

function parse(format: string, text: string, changes: Partial<ReportContext> = {}): ParsedReport | null {
  return findReportFormat(format)?.parse(text, context(changes)) ?? null;
}

function told(report: ParsedReport | null) {
  return {
    cases: report?.cases.map((test) => `${test.outcome}: ${test.identity}`),
    unloaded: report?.unloaded.map(({ file, text }) => {
      return `${causeOfUnloaded(text, file, { ...context(), isTestFile })}: ${file}`;
    }),
    stoppedEarly: report?.stoppedEarly,
  };
}

describe("a report as its runner writes it", () => {
  it("node --test as JUnit, with the reason of what did not load from what was printed", () => {
    expect(told(parse("junit", fixture("node.xml"), { output: fixture("node-output.txt") }))).toEqual({
      cases: [
        "skipped: test/a.test.js > skipped",
        "todo: test/a.test.js > todo",
        "passed: test/a.test.js > math > adds",
        "failed: test/a.test.js > math > breaks & <fails>",
        "passed: test/a.test.js > math > deep > same",
        "passed: test/a.test.js > math > deep > same > #2",
        "passed: test/a.test.js > parent > child",
      ],
      unloaded: [
        "outside: test/b.test.js",
        "in_test: test/c.test.js",
        "in_test: test/d.test.js",
        "outside: test/f.test.js",
        "unclassified: test/h.test.js",
      ],
      stoppedEarly: false,
    });
  });

  it("node --test without that print: why is unclassified, and counts", () => {
    expect(told(parse("junit", fixture("node.xml"))).unloaded).toEqual(
      ["b", "c", "d", "f", "h"].map((name) => `unclassified: test/${name}.test.js`),
    );
  });

  it("node --test, whose report leaves out a failure of a test with subtests of its own", () => {
    const text =
      '<testsuites><testsuite name="parent"><testcase name="child" classname="parent" file="/workspace/test/a.test.js"/></testsuite></testsuites>';
    const output =
      "▶ parent\n  ✔ child (0.6ms)\n✖ parent (2.1ms)\n\n✖ failing tests:\n\ntest at test/a.test.js:2:1\n✖ parent (2.1ms)\n  Error: parent itself\n      at x\n";
    expect(told(parse("junit", text, { output }))).toMatchObject({
      cases: ["passed: test/a.test.js > parent > child"],
      unloaded: ["unclassified: test/a.test.js"],
    });
    expect(parse("junit", text, { output })?.unloaded[0]?.text).toBe("Error: parent itself\n      at x");
    expect(told(parse("junit", text, { output, exitCode: 0 })).unloaded).toEqual([]);
    expect(told(parse("junit", text)).unloaded).toEqual([]);
  });

  it("vitest as JUnit", () => {
    const report = parse("junit", fixture("vitest.xml").replaceAll("test/e.test.js", "test/c.test.ts"));
    expect(told(report)).toEqual({
      cases: [
        "passed: test/a.test.js > math > adds",
        "failed: test/a.test.js > math > breaks & <fails>",
        "passed: test/a.test.js > math > deep > same",
        "passed: test/a.test.js > math > deep > same > #2",
        "skipped: test/a.test.js > skipped",
        "skipped: test/a.test.js > todo",
      ],
      unloaded: [
        "outside: test/b.test.js",
        "in_test: test/c.test.js",
        "in_test: test/d.test.js",
        "outside: test/c.test.ts",
        "outside: test/f.test.js",
        "unclassified: test/h.test.js",
        "in_test: test/i.test.js",
      ],
      stoppedEarly: false,
    });
    expect(report?.cases[1]).toMatchObject({ file: "test/a.test.js", name: "math > breaks & <fails>" });
  });

  it("vitest in a monorepo, which names a file that does not load relative to its package", () => {
    const failure = "Cannot find module &apos;../src/x.js&apos; imported from /workspace/packages/cart/test/d.test.js";
    const report = parse(
      "junit",
      `<testsuites><testsuite name="packages/cart/test/d.test.js">
        <testcase classname="packages/cart/test/d.test.js" name="test/d.test.js"><failure message="${failure}"/></testcase>
      </testsuite></testsuites>`,
      { isFile: (path) => path === "packages/cart/test/d.test.js" },
    );
    expect(report?.unloaded.map(({ file }) => file)).toEqual(["packages/cart/test/d.test.js"]);
    expect(report?.cases).toEqual([]);
  });

  it("vitest with TypeScript that does not parse", () => {
    expect(told(parse("junit", fixture("vitest-typescript.xml"))).unloaded).toEqual([
      "in_test: test/c.test.ts",
      "outside: test/g.test.ts",
      "in_test: test/h.test.ts",
    ]);
  });

  it("pytest as JUnit", () => {
    expect(told(parse("junit", fixture("pytest.xml")))).toEqual({
      cases: [
        "passed: tests/test_a.py > TestMath > test_adds",
        "failed: tests/test_a.py > TestMath > test_breaks",
        "passed: tests/test_a.py > TestMath > test_prints",
        "skipped: tests/test_a.py > TestMath > test_skipped",
        "failed: tests/test_a.py > TestMath > test_sub",
        "todo: tests/test_a.py > TestMath > test_xfail",
        "passed: tests/test_a.py > test_p[1]",
        "failed: tests/test_a.py > test_p[2]",
        "todo: tests/test_a.py > test_xf",
      ],
      unloaded: [
        "outside: tests/test_b.py",
        "in_test: tests/test_c.py",
        "in_test: tests/test_d.py",
        "outside: tests/test_e.py",
      ],
      stoppedEarly: false,
    });
  });

  it("doctests of pytest in texts, which are tests of their own and not of a package around them", () => {
    const testcase = (classname: string, name: string, inner = "") =>
      `<testcase classname="${classname}" name="${name}">${inner}</testcase>`;
    const failure = '<failure message="Expected: 3 Got: 2"/>';
    const text = `<testsuites><testsuite name="pytest">${testcase("tests.test_doc.txt", "test_doc.txt")}${testcase("tests.sub.test_v1.2.txt", "test_v1.2.txt", failure)}</testsuite></testsuites>`;
    const files = new Set(["tests/__init__.py", "tests/test_doc.txt", "tests/sub/test_v1.2.txt"]);
    expect(told(parse("junit", text, { isFile: (path) => files.has(path) }))).toMatchObject({
      cases: ["passed: tests/test_doc.txt > test_doc.txt", "failed: tests/sub/test_v1.2.txt > test_v1.2.txt"],
      unloaded: [],
    });
  });

  it("pytest that stopped at its collection ran no test of any file", () => {
    const report = told(parse("junit", fixture("pytest-stopped.xml"), { exitCode: 2 }));
    expect([report.cases, report.unloaded?.length, report.stoppedEarly]).toEqual([[], 4, true]);
  });

  it("unittest as it prints", () => {
    expect(told(parse("unittest", fixture("unittest.txt")))).toEqual({
      cases: [
        "passed: tests.test_a.TestMath > test_adds",
        "failed: tests.test_a.TestMath > test_breaks",
        "passed: tests.test_a.TestMath > test_prints",
        "skipped: tests.test_a.TestMath > test_skipped",
        "failed: tests.test_a.TestMath > test_sub",
        "todo: tests.test_a.TestMath > test_xfail",
      ],
      unloaded: [
        "outside: tests/test_b.py",
        "in_test: tests/test_c.py",
        "in_test: tests/test_d.py",
        "outside: tests/test_e.py",
      ],
      stoppedEarly: false,
    });
  });

  it("unittest with hooks that fail, as failures of their class or file", () => {
    const block = (name: string) =>
      `${"=".repeat(70)}\nERROR: ${name}\n${"-".repeat(70)}\nAttributeError: no Discount\n\n`;
    const printed = [
      "setUpClass (tests.test_a.TestMath) ... ERROR",
      "setUpModule (tests.test_b) ... ERROR",
      "test_adds (tests.test_c.TestMath.test_adds) ... ok",
      "",
      `${block("setUpClass (tests.test_a.TestMath)")}${block("setUpModule (tests.test_b)")}${block("tearDownClass (tests.test_c.TestMath)")}`,
      `${"-".repeat(70)}\nRan 1 test in 0.001s\n\nFAILED (errors=3)\n`,
    ].join("\n");
    expect(told(parse("unittest", printed))).toEqual({
      cases: [
        "failed: tests.test_a.TestMath",
        "passed: tests.test_c.TestMath > test_adds",
        "failed: tests.test_c.TestMath",
      ],
      unloaded: ["unclassified: tests/test_b.py"],
      stoppedEarly: false,
    });
  });

  it("unittest with tests that end more than once, in parts, or by a skip of their class", () => {
    const printed = [
      "setUpClass (tests.test_a.Skips) ... skipped 'no'",
      "test_doc (tests.test_a.Test.test_doc)",
      "what it does ... ok",
      "test_parts (tests.test_a.Test.test_parts) ... ",
      "  test_parts (tests.test_a.Test.test_parts) (i=1) ... skipped 'x'",
      "test_says (tests.test_a.Test.test_says) ... ok",
      "not yet",
      "skipped 'really'",
      "test_two (tests.test_a.Test.test_two) ... FAIL",
      "test_two (tests.test_a.Test.test_two) ... ERROR",
      "test_us (tests.test_a.Test.test_us) ... unexpected success",
      "test_xf (tests.test_a.Test.test_xf) ... expected failure",
      "",
      ...["ERROR", "FAIL"].map(
        (kind) => `${"=".repeat(70)}\n${kind}: test_two (tests.test_a.Test.test_two)\n${"-".repeat(70)}\nx\n`,
      ),
      "-".repeat(70),
      "Ran 6 tests in 0.1s",
      "",
      "FAILED (failures=1, errors=1, skipped=3, expected failures=1, unexpected successes=1)",
    ].join("\n");
    expect(told(parse("unittest", printed)).cases).toEqual([
      "skipped: tests.test_a.Skips > setUpClass",
      "passed: tests.test_a.Test > test_doc",
      "skipped: tests.test_a.Test > test_parts",
      "skipped: tests.test_a.Test > test_says",
      "failed: tests.test_a.Test > test_two",
      "failed: tests.test_a.Test > test_us",
      "todo: tests.test_a.Test > test_xf",
    ]);
  });

  it("jest's JSON", () => {
    expect(told(parse("jest-json", fixture("jest.json")))).toEqual({
      cases: [
        "passed: test/a.test.js > math > adds",
        "failed: test/a.test.js > math > breaks & <fails>",
        "passed: test/a.test.js > math > deep > same",
        "passed: test/a.test.js > math > deep > same > #2",
        "skipped: test/a.test.js > skipped",
        "todo: test/a.test.js > todo",
      ],
      unloaded: [
        "outside: test/b.test.js",
        "in_test: test/d.test.js",
        "in_test: test/c.test.js",
        "in_test: test/i.test.js",
      ],
      stoppedEarly: false,
    });
  });

  it("jest-junit, which names no file and writes each name twice", () => {
    const text =
      '<testsuites name="jest tests"><testsuite name="math" tests="1"><testcase classname="math adds" name="math adds" time="0"/></testsuite></testsuites>';
    expect(told(parse("junit", text)).cases).toEqual(["passed: math > math adds"]);
  });

  it("cargo's two streams", () => {
    expect(told(parse("cargo", fixture("cargo.txt")))).toEqual({
      cases: [
        "skipped: src/lib.rs > tests::ig",
        "passed: src/lib.rs > tests::ok",
        "failed: src/lib.rs > tests::bad",
        "passed: src/lib.rs > tests::pan",
        "passed: tests/integ.rs > integ",
        "passed: doc x > src/lib.rs - a (line 1)",
      ],
      unloaded: [],
      stoppedEarly: false,
    });
    expect(told(parse("cargo", fixture("cargo-uncompiled.txt")))).toEqual({
      cases: [],
      // Not the files that its notes and warnings name: those compile.
      unloaded: ["outside: tests/integ.rs"],
      stoppedEarly: true,
    });
  });

  it.each([
    ["in_test", "error: unknown start of token: \\", "^"],
    ["in_test", "error: expected expression, found `;`", "^ expected expression"],
    ["in_test", "error: mismatched closing delimiter: `}`", "^"],
    ["in_test", "error[E0765]: unterminated double quote string", "^^^^"],
    ["in_test", "error[E0583]: file not found for module `common`", "^^^"],
    ["outside", "error[E0432]: unresolved import `stats::median`", "^^^ no `median` in the root"],
    ["outside", "error[E0433]: cannot find module `noise` in crate `stats`", "^^^"],
    ["unclassified", "error[E0432]: unresolved import `common::zip`", "^^^ no `zip` in `common`"],
    ["unclassified", "error[E0432]: unresolved import `crate::zip`", "^^^ no `zip` in the root"],
    ["unclassified", "error: cannot find macro `table` in this scope", "^^^"],
    ["unclassified", "error: expected `,`, found `b`\n  | in this macro invocation", "^"],
    ["unclassified", "error[E0599]: no method named `median` found for struct `Stats`", "^^^"],
  ])("cargo: %s where rustc says %s", (cause, said, mark) => {
    const [words, note = ""] = said.split("\n");
    const diagnostic = `${words ?? ""}\n --> tests/integ.rs:1:5\n  |\n1 | use x;\n  |     ${mark}\n${note}\n\n`;
    const text = `${diagnostic}error: could not compile \`stats\` (test "integ") due to 1 previous error\n`;
    expect(told(parse("cargo", text)).unloaded).toEqual([`${cause}: tests/integ.rs`]);
  });

  it("go's JSON lines", () => {
    expect(told(parse("go-json", fixture("go.jsonl"))).cases).toEqual([
      "failed: example.com/x > TestSum > zero",
      "failed: example.com/x > TestSum",
      "skipped: example.com/x > TestSkipped",
      "passed: example.com/x > TestOther",
    ]);
    expect(told(parse("go-json", fixture("go-unbuilt.jsonl")))).toEqual({
      cases: [],
      unloaded: ["unclassified: x_test.go"],
      stoppedEarly: true,
    });
  });

  it("TAP with subtests", () => {
    expect(told(parse("tap", fixture("tap.txt"))).cases).toEqual([
      "passed: math > adds",
      "failed: math > breaks",
      "skipped: later",
      "todo: some day",
      "passed: same",
      "passed: same > #2",
    ]);
  });

  it("no report at all: the exit code is one test", () => {
    expect(told(parse("exit-code", "", { exitCode: 0 })).cases).toEqual(["passed: exit-code"]);
    expect(told(parse("exit-code", "", { exitCode: 3 })).cases).toEqual(["failed: exit-code"]);
  });
});

describe("a report without tests", () => {
  const empty: readonly (readonly [string, string])[] = [
    ["junit", '<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n\t<!-- tests 0 -->\n</testsuites>\n'],
    ["junit", '<testsuites name="vitest tests" tests="0" failures="0" errors="0" time="0">\n</testsuites>\n'],
    ["junit", '<testsuites name="pytest tests"><testsuite name="pytest" tests="0" /></testsuites>'],
    ["unittest", `${"-".repeat(70)}\nRan 0 tests in 0.000s\n\nOK\n`],
    ["unittest", `${"-".repeat(70)}\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n`],
    ["jest-json", '{"testResults":[]}'],
    ["tap", "TAP version 13\n1..0\n"],
    ["cargo", "\nrunning 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n"],
  ];
  it.each(empty)("%s: %j is a report", (format, text) => {
    expect(told(parse(format, text))).toEqual({ cases: [], unloaded: [], stoppedEarly: false });
  });
});

describe("what is no report", () => {
  const none: readonly (readonly [string, string])[] = [
    ["junit", ""],
    ["jest-json", "\n"],
    ["tap", "all 12 tests passed\n"],
    ["unittest", "python3: No module named unittest\n"],
    ["go-json", "ok  \texample.com/x\t0.1s\n"],
    ["cargo", "test result: wonderful\n"],
  ];
  it.each(none)("%s: %j is none", (format, text) => {
    expect(parse(format, text)).toBeNull();
  });
});

describe("a hostile or broken report", () => {
  const expansions = Array.from(
    { length: 9 },
    (_, level) => `<!ENTITY a${String(level + 1)} "${`&a${String(level)};`.repeat(10)}">`,
  );
  const hostile: readonly (readonly [string, string, string])[] = [
    [
      "an entity bomb",
      "junit",
      `<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a0 "x">${expansions.join("")}]><testsuites>&a9;</testsuites>`,
    ],
    [
      "an external entity",
      "junit",
      '<!-- x --><!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuites>&x;</testsuites>',
    ],
    ["a truncated file", "junit", fixture("vitest.xml").slice(0, 2_000)],
    ["a file that lost its end", "junit", fixture("pytest.xml").slice(0, -"</testsuite></testsuites>".length)],
    ["JSON for XML", "junit", '{"testResults":[]}'],
    ["HTML for XML", "junit", "<html><body>ok</body></html>"],
    [
      "deep nesting",
      "junit",
      `<testsuites>${'<testsuite name="s">'.repeat(500)}${"</testsuite>".repeat(500)}</testsuites>`,
    ],
    [
      "too many tests",
      "junit",
      `<testsuites><testsuite name="s">${'<testcase name="t"/>'.repeat(50_001)}</testsuite></testsuites>`,
    ],
    ["a prototype name", "junit", "<testsuites><__proto__><x/></__proto__></testsuites>"],
    ["XML for JSON", "jest-json", "<testsuites/>"],
    ["other JSON", "jest-json", '{"tests":[]}'],
    [
      "a status that jest does not know",
      "jest-json",
      '{"testResults":[{"name":"/workspace/a","assertionResults":[{"title":"t","status":"great"}]}]}',
    ],
    ["truncated JSON", "jest-json", fixture("jest.json").slice(0, 500)],
    ["a TAP plan that does not hold", "tap", "TAP version 13\n1..3\nok 1 - a\n"],
    ["TAP without a plan", "tap", "TAP version 13\nok 1 - a\n"],
    ["unittest that never came to its end", "unittest", "test_a (tests.test_a.TestMath.test_a) ... ok\n"],
    [
      "unittest with a verdict of its own",
      "unittest",
      `test_a (m.T.test_a) ... FAIL\n\n${"-".repeat(70)}\nRan 1 test in 0.1s\n\nOK\n`,
    ],
    [
      "unittest in which a test printed the name of another",
      "unittest",
      `test_d (m.T.test_d) ... ok\ntest_tax (m.T.test_tax) ... ok\n\n${"-".repeat(70)}\nRan 1 test in 0.1s\n\nOK\n`,
    ],
    [
      "unittest in which a test printed that it passed, and was skipped",
      "unittest",
      `test_d (m.T.test_d) ... ok\ntest_x (m.T.test_x) ... ok\n\n${"-".repeat(70)}\nRan 2 tests in 0.1s\n\nOK (skipped=1)\n`,
    ],
    [
      "unittest that says twice how many ran",
      "unittest",
      `test_d (m.T.test_d) ... ok\n\n${"-".repeat(70)}\nRan 1 test in 0.1s\n\nOK\nRan 2 tests in 0.1s\n\nOK\n`,
    ],
    ["TAP whose failures are not in it", "tap", "TAP version 13\n1..1\nok 1 - a\n# tests 2\n# pass 1\n# fail 1\n"],
    [
      "a cargo target that lost tests",
      "cargo",
      "running 2 tests\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored;\n",
    ],
    ["a cargo target without an end", "cargo", "running 1 test\ntest a ... ok\n"],
  ];
  it.each(hostile)("%s is refused", (_, format, text) => {
    expect(() => parse(format, text)).toThrow(ReportError);
  });

  it("messages of all tests together are bounded", () => {
    const cases = `<testcase name="t"><failure message="${"x".repeat(2_048)}"/></testcase>`.repeat(600);
    const report = parse("junit", `<testsuites><testsuite name="s">${cases}</testsuite></testsuites>`);
    expect(report?.cases.filter((test) => test.message !== "")).toHaveLength(513);
  });

  it("entities are decoded once and never expanded", () => {
    const text =
      '<testsuites><testsuite name="s"><testcase name="&amp;lt;&#65;&#x42;&nbsp;"/></testsuite></testsuites>';
    expect(told(parse("junit", text)).cases).toEqual(["passed: s > &lt;AB&nbsp;"]);
  });

  it("a document type inside a message is text", () => {
    const text =
      '<testsuites><testsuite name="s"><testcase name="t"><failure><![CDATA[<!DOCTYPE html>]]></failure></testcase></testsuite></testsuites>';
    expect(parse("junit", text)?.cases[0]?.message).toBe("<!DOCTYPE html>");
  });

  it("a file outside the checkout is nobody's file", () => {
    const text =
      '<testsuites><testsuite name="s"><testcase name="t" file="/workspace/../etc/passwd"/></testsuite></testsuites>';
    expect(parse("junit", text)?.cases[0]?.file).toBeNull();
  });

  it("messages are cut to 2 kB and carry no terminal codes", () => {
    const text = `<testsuites><testsuite name="s"><testcase name="t"><failure message="\u009b31m${"x".repeat(5_000)}"/></testcase></testsuite></testsuites>`;
    expect(parse("junit", text)?.cases[0]?.message).toBe("x".repeat(2_048));
  });
});
