import type { LineCoverage, TreeChange } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import { covering, now, onBase } from "../checks/testing/run-case.ts";

const files = { "src/a.js": { covered: [1], uncovered: [] } };

function findings(path: string, text: string, before: string | null = null, ran = "test/a.test.js") {
  const sinceBase = [changed(path, before === null ? "added" : "modified")];
  const evidence = { current: now({ [ran]: { a: "passed" } }, { coverage: covering(files) }) };
  const contents = { [path]: { before, after: text } };
  const parameters = { threshold: 0 };
  const outcome = judge("coverage_threshold_met", { changes: [], sinceBase, contents, evidence, parameters });
  expect(outcome.passed).toBe(true);
  return outcome.findings?.map(({ name, severity, message }) => `${severity} ${name}: ${message}`);
}

test.each([
  "/* node:coverage disable */",
  "/* node:coverage ignore next 30 */",
  "/* v8 ignore next */",
  "/* c8 ignore start */",
  "// istanbul ignore file",
  "def a(): # pragma: no cover",
  "def a(): # pragma nocover",
  "TYPE_CHECKING = 1",
  "// LCOV_EXCL_START",
  'const note = "utfc8 ignore start";',
  "//# sourceMappingURL=a.js.map",
])("a new `%s` is named by file and line", (line) => {
  expect(findings("src/a.js", `const a = 1;\n${line}\n`)).toEqual([
    "warning coverage_excluded: new words take lines out of the coverage: `src/a.js:2`",
  ]);
});

test("words of such a comment on lines of their own are named", () => {
  expect(findings("src/a.js", "const a = 1;\n/*\n v8\n ignore\n next\n*/\n")).toEqual([
    "warning coverage_excluded: new words take lines out of the coverage: `src/a.js:3`",
  ]);
});

test("a comment that the base has too, one that ends another, a word that only looks so and a test file say nothing", () => {
  const old = "/* v8 ignore next */\nconst a = 1;\n";
  expect(findings("src/a.js", `const b = 2;\n${old}`, old)).toEqual([]);
  expect(findings("src/a.js", "/* v8 ignore stop */\n/* node:coverage enable */\n")).toEqual([]);
  expect(findings("src/a.js", "// what v8 ignores, disables and covers\n")).toEqual([]);
  expect(findings("test/b.test.js", "/* v8 ignore next */\n")).toEqual([]);
});

test.each([
  ["pyproject.toml", '[tool.other]\nomit = ["a"]\n[tool.coverage.report]\nexclude_also = [\n  "def tax",\n]\n', [4, 5]],
  [".coveragerc", "[run]\nbranch = True\nomit =\n  shop/tax.py\n", [3, 4]],
  ["setup.cfg", "[coverage:report]\nexclude_lines = tax\n[metadata]\nomit = b\n", [2]],
])("settings of `%s` that leave code out are named by file and line", (path, text, lines) => {
  const named = lines.map((line) => `\`${path}:${String(line)}\``).join(", ");
  const rest = findings(path, text);
  expect(rest).toEqual([`warning coverage_excluded: new words take lines out of the coverage: ${named}`]);
  expect(findings(path, `${text}\n# more\n`, text)).toEqual([]);
});

test("a new file that is named like a test, which no phase of tests may write or freezes, counts as product code", () => {
  const code = "export const tax = 1;\n";
  expect(findings("src/tax_test.js", code)).toEqual([
    "warning coverage_unmeasured: changed, and loaded by no test: counted as not covered: `src/tax_test.js`",
  ]);
  expect(findings("src/tax_test.js", code, "export const tax = 0;\n")).toEqual([]);
  expect(findings("test/tax_test.js", code)).toEqual([]);
});

test("such a file in which a test ran is left to the tests, and named", () => {
  expect(findings("src/a_test.js", "test('a');\n", null, "src/a_test.js")).toEqual([
    "warning coverage_unmeasured: new, named like tests, and held by no phase of tests; in no count of the coverage: `src/a_test.js`",
  ]);
});

test("a second comment of one text is the new one, wherever it stands", () => {
  const old = "a();\n/* v8 ignore next */\nb();\n";
  expect(findings("src/a.js", `/* v8 ignore next */\nc();\n${old}`, old)).toEqual([
    "warning coverage_excluded: new words take lines out of the coverage: `src/a.js:1`",
  ]);
});

test("a changed file that no test loads is named, where others of its kind are counted", () => {
  expect(findings("src/b.js", "export const b = 1;\n")).toEqual([
    "warning coverage_unmeasured: changed, and loaded by no test: counted as not covered: `src/b.js`",
  ]);
  expect(findings("scripts/b.js", "export const b = 1;\n")).toEqual([
    "warning coverage_unmeasured: changed, and in no count of the coverage: `scripts/b.js`",
  ]);
  expect(findings("src/b.json", "{}")).toEqual([]);
});

test.each([
  ["src/types.d.ts", "export declare const a: number;\n"],
  ["src/index.js", '// all of it\nexport { a } from "./a.js";\nexport * from "./b.js";\n'],
])("a changed file in which nothing can be measured is not named: `%s`", (path, text) => {
  expect(findings(path, text)).toEqual([]);
  expect(findings("src/index.js", `${text}run();\n`)).toEqual([
    "warning coverage_unmeasured: changed, and loaded by no test: counted as not covered: `src/index.js`",
  ]);
});

const aModule = "export function b() {\n  return 1;\n}\n";

test.each([
  ["src/b", aModule],
  ["src/b", "#!/usr/bin/env node\nimport { a } from './a.js';\na();\n"],
  ["src/deep/b", "module.exports = { b: 1 };\n"],
])("a new module without an ending is code, wherever its name tells nothing: `%s`", (path, text) => {
  expect(findings(path, text)).toEqual([
    `warning coverage_unmeasured: changed, and loaded by no test: counted as not covered: \`${path}\``,
  ]);
});

test.each([
  ["src/Makefile", "all:\n\texport A=1 && import b\n"],
  ["src/LICENSE", "Permission to import, export and use\nexport of this is free\n"],
  ["src/run", "#!/bin/sh\nexport PATH=/bin\nexec import a\n"],
  ["src/b.md", `# About\n\n\`\`\`js\n${aModule}\`\`\`\n`],
  ["src/b.vue", `<script>\n${aModule}</script>\n`],
])("a new file that is no module says nothing: `%s`", (path, text) => {
  expect(findings(path, text)).toEqual([]);
});

test("a module with an ending of no language is code where changed code loads it by its name", () => {
  const changes = [...added("src/b.es6"), changed("src/a.js")];
  const loader = (line: string) => ({ "src/b.es6": { after: aModule }, "src/a.js": { before: "", after: line } });
  expect(judged({ changes, texts: loader("x();\n") })).toBe("passed");
  for (const line of ['require("./b.es6");\n', 'import { b } from "./b.es6";\n']) {
    expect(judged({ changes, texts: loader(line) })).toMatch(/^line coverage is [\d.]+ per cent, with \d lines$/);
  }
});

/** Lines from 1 to 8 are covered of `src/a.js`, and what else is given of the report. */
function judged(given: {
  readonly changes: readonly TreeChange[];
  readonly texts?: Readonly<Record<string, { before?: string; after: string }>>;
  readonly paths?: readonly string[];
  readonly measured?: LineCoverage["files"];
  readonly base?: LineCoverage["files"];
}): string {
  const measured = { "src/a.js": { covered: [1, 2, 3, 4, 5, 6, 7, 8], uncovered: [] }, ...given.measured };
  const texts = Object.entries(given.texts ?? {});
  const base = given.base ? { base: onBase({}, { coverage: covering(given.base) }) } : {};
  const outcome = judge("coverage_threshold_met", {
    changes: [],
    sinceBase: given.changes,
    contents: Object.fromEntries(texts.map(([path, { before = null, after }]) => [path, { before, after }])),
    paths: [...(given.paths ?? []), ...given.changes.map(({ path }) => path), "src/a.js"],
    evidence: { current: now({}, { coverage: covering(measured, 100) }), ...base },
    parameters: { threshold: 90 },
  });
  return outcome.passed
    ? "passed"
    : (/^line coverage is [\d.]+ per cent, with \d+ lines/.exec(outcome.message)?.[0] ?? "");
}

const four = "export const a = 1;\n// about\n\nexport const b = 2;\nexport function c() {\n  return a;\n}\n";
const added = (path: string) => [changed(path, "added")];

describe("lines that the report leaves out count as not covered:", () => {
  test.each(["src/new.js", "src/deep/new.mjs", "src/new.ts", "src/a.config.js"])(
    "those of the new file `%s`",
    (path) => {
      expect(judged({ changes: added(path), texts: { [path]: { after: four } } })).toBe(
        "line coverage is 66.66 per cent, with 4 lines",
      );
    },
  );

  test("those of a new file that is too large to be read, by its size", () => {
    const path = "src/new.js";
    const large = { ...changed(path, "added"), after: { ...changed(path).after!, size: 400_000 } };
    expect(judged({ changes: [large] })).toBe("line coverage is 0.07 per cent, with 10000 lines");
  });

  test("those that changed in a file which no report names", () => {
    const texts = { "src/cli.js": { before: four, after: four.replace("= 2", "= 3") } };
    expect(judged({ changes: [changed("src/cli.js")], texts })).toBe("line coverage is 88.88 per cent, with 1 lines");
  });

  test("all of a file that the base's report names and no test loads any more", () => {
    const base = { "src/old.js": { covered: [1], uncovered: [2, 3] } };
    expect(judged({ changes: [], paths: ["src/old.js"], base })).toBe("line coverage is 72.72 per cent, with 3 lines");
    expect(judged({ changes: [], base })).toBe("passed");
  });

  test.each([
    ["behind a new comment", "x();\n/* c8 ignore start */\ny();\n\nz(\n  1,\n);\n/* c8 ignore stop */\n", "3"],
    ["however it is said to have ended", "x();\n// v8 ignore next 9\ny();\n// LCOV_EXCL_STOP\nz();\nz();\n", "3"],
    ["and on the line of the comment", "x();\ny(); // istanbul ignore next\nz();\n", "2"],
  ])("those %s", (_, after, count) => {
    const measured = { "src/b.js": { covered: [1, 9], uncovered: [] } };
    expect(
      judged({ changes: [changed("src/b.js")], texts: { "src/b.js": { before: "x();\n", after } }, measured }),
    ).toMatch(new RegExp(`with ${count} lines$`));
  });

  test("those of a function without cover in Python", () => {
    const after = "def a():\n    return 1\n\n\ndef b():  # pragma: no cover\n    c()\n    d()\n\n\ne = 1\n";
    const measured = { "shop/b.py": { covered: [1, 2, 10], uncovered: [] } };
    const changes = added("shop/b.py");
    expect(judged({ changes, texts: { "shop/b.py": { after } }, measured })).toMatch(/with 3 lines$/);
  });
});

const rest = "export function rest(x) {\n  if (x) {\n    x += 1;\n  }\n  return x;\n}\n";

describe("statements that the report does not name", () => {
  const measured = { "src/b.ts": { covered: [1], uncovered: [] } };
  const named = (before: string | null, after: string, base?: LineCoverage["files"]) => {
    const evidence = {
      current: now({}, { coverage: covering(measured) }),
      ...(base ? { base: onBase({}, { coverage: covering(base) }) } : {}),
    };
    const contents = { "src/b.ts": { before, after } };
    const sinceBase = [changed("src/b.ts", before === null ? "added" : "modified")];
    const parameters = { threshold: 0 };
    const outcome = judge("coverage_threshold_met", { changes: [], sinceBase, contents, evidence, parameters });
    return outcome.findings?.map(({ name, message }) => [name, /`.*`/.exec(message)?.[0]]);
  };

  test("are named by ranges, and count as not covered", () => {
    expect(named(null, `x();\n${rest}`)).toEqual([["coverage_left_out", "`src/b.ts:3-6`"]]);
    const texts = { "src/b.ts": { after: `x();\n${rest}${rest}` } };
    expect(judged({ changes: added("src/b.ts"), texts, measured })).toBe("line coverage is 60 per cent, with 6 lines");
  });

  test("in the branch that tests do not take of a module are among them, its own tests are not", () => {
    const inTests = "if (import.meta.vitest) {\n  const { it } = import.meta.vitest;\n  it('a', () => {});\n}";
    expect(named(null, `x();\n${inTests}\n`)).toEqual([]);
    expect(named(null, `x();\n${inTests} else {\n  y(1);\n  return 1;\n}\n`)).toEqual([
      ["coverage_left_out", "`src/b.ts:6-7`"],
    ]);
  });

  test("are passed over where one variable alone is lost between lines that are named", () => {
    const judgedOf = (lost: string, covered: readonly number[]) =>
      judged({
        changes: added("src/b.ts"),
        texts: { "src/b.ts": { after: `\nx(1);\n${lost}\nreturn a;\n` } },
        measured: { "src/b.ts": { covered, uncovered: [] } },
      });
    expect(judgedOf("const a = b[c];", [2, 4])).toBe("passed");
    expect(judgedOf("const a = b[c];\nconst d = a;", [2, 5])).toMatch(/with 2 lines$/);
    expect(judgedOf("if (b) return c;\nif (d) return e;", [2, 5])).toMatch(/with 2 lines$/);
  });

  test("of the base are told where its report named them", () => {
    const before = `x();\n${rest}`;
    const after = `${before}// more\n`;
    expect(named(before, after)).toEqual([]);
    expect(named(before, after, { "src/b.ts": { covered: [1], uncovered: [] } })).toEqual([]);
    expect(named(before, after, { "src/b.ts": { covered: [1, 3], uncovered: [4, 6] } })).toEqual([
      ["coverage_left_out", "`src/b.ts:3-6`"],
    ]);
  });

  test.each([
    ["types", "interface A {\n  return: string;\n  if: number;\n  a(): void;\n}\ntype B = {\n  b(x: A): void;\n};\n"],
    [
      "declared classes",
      "export class A {\n  private x = 1;\n  y?: string;\n  constructor(a: string);\n  f(a: A): void;\n}\n",
    ],
    ["iterators", "const a = {\n  return(value) {\n  },\n};\n".replace("const a = {", "f({").replace("};", "});")],
    ["text", "f(`\n  if (a) {\n    return 1;\n  }\n  ${a}\n  return b;\n`);\n"],
    ["arguments and tables", "f(\n  a,\n  [\n    1,\n    g(2),\n  ],\n);\n"],
    ["variables without a value", "let a: string;\nlet b,\n  c;\nconst d =\n  1;\n"],
    [
      "imports and exports",
      "import {\n  a,\n} from './a.ts';\nexport { a };\nexport default a;\nimport type { B } from './b.ts';\n",
    ],
    ["comments", "// return 1;\n/*\nif (a) {\n*/\n"],
  ])("are not looked for in %s", (_, text) => {
    expect(named(null, `x();\n${text}`)).toEqual([]);
  });

  test("are not looked for in the text between tags", () => {
    const after = "x();\nf(\n  <p>\n    return to <b>it</b>\n    return if (a)\n  </p>,\n);\n";
    const report = { "src/b.tsx": { covered: [1], uncovered: [] } };
    expect(judged({ changes: added("src/b.tsx"), texts: { "src/b.tsx": { after } }, measured: report })).toBe("passed");
  });
});

describe("nothing is counted against", () => {
  test.each([
    ["a file of types alone", "src/new.ts", "import type { A } from './a.ts';\nexport interface B {\n  a: A;\n}\n"],
    ["a file that only names modules", "src/new.js", "export { a } from './a.js';\nexport * from './b.js';\n"],
    ["a file of comments", "src/new.js", "// one\n/* two */\n"],
    ["a declaration file", "src/new.d.ts", four],
    ["a test file", "test/new.test.js", four],
    ["configuration beside a manifest", "src/vite.config.js", four],
    ["a file of another language", "src/new.py", four],
    ["a file outside of the measured folders", "scripts/new.js", four],
    ["a file at the root where none is measured there", "new.js", four],
    ["one in a folder of which the base measures nothing", "src/generated/new.js", four],
    ["one with the ending of files that the base does not measure", "src/new.stories.tsx", four],
  ])("%s", (_, path, after) => {
    const paths = ["src/package.json", "src/generated/old.js", "src/button.stories.tsx"];
    expect(judged({ changes: added(path), texts: { [path]: { after } }, paths })).toBe("passed");
  });

  test("a comment that the base has too", () => {
    const before = "x();\n/* c8 ignore next 2 */\ny();\nz();\n";
    const texts = { "src/b.js": { before, after: `x();\n${before}` } };
    const measured = { "src/b.js": { covered: [1, 2], uncovered: [] } };
    expect(judged({ changes: [changed("src/b.js")], texts, measured })).toBe("passed");
  });

  test("a file that was deleted, and one that is a link", () => {
    const link = {
      ...changed("src/link.js", "added"),
      after: { ...changed("src/link.js").after!, type: "symlink" as const },
    };
    expect(judged({ changes: [changed("src/gone.js", "deleted"), link] })).toBe("passed");
  });
});

describe("code among the tests that changed product code loads", () => {
  const rates = Array.from(
    { length: 60 },
    (_, index) => `export const rate${String(index)} = ${String(index)};\n`,
  ).join("");
  const judged = (contents: Readonly<Record<string, string>>) =>
    judge("coverage_threshold_met", {
      changes: [],
      sinceBase: Object.keys(contents).map((path) => changed(path, path === "src/a.js" ? "modified" : "added")),
      contents: Object.fromEntries(Object.entries(contents).map(([path, after]) => [path, { before: null, after }])),
      evidence: { current: now({ "test/a.test.js": { a: "passed" } }, { coverage: covering(files, 100) }) },
    });

  test.each([
    ["by its path", { "src/a.js": 'import "../test/rates.js";\n' }],
    ["by an alias", { "src/a.js": 'import "#r";\n', "package.json": '{"imports":{"#r":"./test/rates.js"}}' }],
    ["through another", { "src/a.js": 'import "../test/more.js";\n', "test/more.js": 'import "./rates.js";\n' }],
  ])("counts as not covered where it is loaded %s", (_, contents) => {
    const outcome = judged({ ...contents, "test/rates.js": rates });
    expect(outcome.passed || outcome.message).toContain("`test/rates.js`");
  });

  test.each([
    ["tests alone load it", { "src/a.js": "f();\n", "test/a.test.js": 'import "./rates.js";\n' }],
    ["a script that is not measured loads it", { "scripts/seed.js": 'import "../test/rates.js";\n' }],
  ])("does not where %s", (_, contents) => {
    expect(judged({ ...contents, "test/rates.js": rates }).passed).toBe(true);
  });
});
