import { expect, test } from "vitest";
import { codeLines, executableLines, measuredKind, workingLines } from "./code-lines.ts";

const code = (path: string, text: string) => [...codeLines(path, text)];
const executable = (path: string, text: string) => [...executableLines(path, text)];

test("blank lines and pure comments are no code", () => {
  expect(code("a.js", "// one\n\n/* two\n   three */\nconst a = 1; // four\n  \n/* five */ a;\n")).toEqual([5, 7]);
  expect(code("a.py", "# one\n\na = 1  # two\n    # three\n")).toEqual([3]);
  expect(code("a.go", "package a\n\n// one\n/* two\n */\nfunc A() {}\n")).toEqual([1, 6]);
  expect(code("a.txt", "# one\n\n")).toEqual([1]);
});

test("what only looks like a comment is code", () => {
  expect(code("a.js", "const a = '/*';\nb();\nconst c = `\n// d\n`;\nconst e = /\\/*/;\nf();\n")).toEqual([
    1, 2, 3, 4, 5, 6, 7,
  ]);
});

test("brackets that close, modules named and types declared are not executable", () => {
  const text = [
    'import { a } from "./a.ts";',
    "import {",
    "  b,",
    '} from "./b.ts";',
    'import type { C } from "./c.ts";',
    'export * from "./d.ts";',
    "export interface E {",
    "  readonly f: string;",
    "}",
    "export type G =",
    "  | E",
    "  | { h: number };",
    "declare const i: string;",
    "export const j = a(b);",
    "export function k() {",
    "  return j;",
    "}",
    "const l = await import('./l.ts');",
  ].join("\n");
  expect(executable("a.ts", text)).toEqual([14, 15, 16, 18]);
  expect(executable("a.d.ts", text)).toEqual([]);
  expect(executable("a.js", "type(1);\ninterface_();\n")).toEqual([1, 2]);
  expect(executable("a.ts", "const type = 1;\ntype(2);\n")).toEqual([1, 2]);
});

test("texts that document are not executable in Python, and what stands behind them is", () => {
  const text =
    '"""About."""\n\ndef a():\n    """One\n\n    two\n    """\n    return 1\n"""b"""; c()\nd = """\ne\n"""\n';
  expect(executable("a.py", text)).toEqual([3, 8, 9, 10, 11, 12]);
});

test("files of one language are of one kind", () => {
  expect(["a.mjs", "b/c.tsx", "d.js", "e.py", "f.vue"].map(measuredKind)).toEqual(["js", "js", "js", "py", "vue"]);
});

test("an empty module works on no line, however it says so", () => {
  const working = (path: string, text: string) => [...workingLines(path, text)];
  expect(working("a.js", '"use strict";\n// nothing\n\nexport {};\nimport "./b.js";\n;\n')).toEqual([]);
  expect(working("a.js", 'export * from "./b.js";\nexport { c } from "./c.js";\n')).toEqual([1, 2]);
  expect(working("a.py", '"""Nothing."""\n\n# nothing\npass\n...\n')).toEqual([]);
  expect(working("a.py", "from b import c\nd = 1\n")).toEqual([1, 2]);
});
