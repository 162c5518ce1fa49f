import type { FileSample, TreeChange } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { unreadableCode } from "./unreadable-code.ts";

function change(path: string): TreeChange {
  const after = { path, type: "file", permissions: 0o644, content: "0", size: 12 } as const;
  return { path, kind: "added", before: null, after };
}

const binary = (head: string): FileSample => ({ head, isText: false, longestLine: 0, disguise: null });
const text = (longestLine: number): FileSample => ({ head: "2f2f", isText: true, longestLine, disguise: null });
const kindOf = (path: string, sample: FileSample) => unreadableCode([change(path)], { [path]: sample })[0]?.kind;

describe("code that nobody can read", () => {
  test.each([
    ["lib/round.pyc", "cb0d0d0a00000000", "Python bytecode"],
    ["lib/data.bin", "a70d0d0a00000000", "Python bytecode"],
    ["src/round.wasm", "0061736d01000000", "WebAssembly"],
    ["src/logo.png", "0061736d01000000", "WebAssembly"],
    ["build/round.node", "7f454c4602010100", "native code (ELF)"],
    ["lib/libround.so.1.2", "0000", "native code"],
    ["lib/round", "7f454c4602010100", "native code (ELF)"],
    ["Round.class", "cafebabe00000041", "Java class or native code (Mach-O)"],
    ["lib/round.jar", "504b030414000000", "archive of code"],
    ["lib/round.dat", "504b030414000000", "archive (zip), from which code can be loaded"],
  ])("is `%s` that begins with %s: %s", (path, head, kind) => {
    expect(kindOf(path, binary(head))).toBe(kind);
  });

  test("is a bundle with a line of more than 5,000 bytes", () => {
    expect(kindOf("src/bundle.js", text(5_001))).toBe("minified or generated code, a line of 5001 bytes or more");
  });

  test("is a text that reads otherwise than it looks", () => {
    const disguised = { ...text(9), disguise: "text in the encoding `hz`" };
    expect(kindOf("src/round.py", disguised)).toBe("text in the encoding `hz`");
    const unseen = { ...text(9), unseen: "text with a character that nobody sees (U+3164)" };
    expect(kindOf("src/round.js", unseen)).toBe("text with a character that nobody sees (U+3164)");
    expect(kindOf("locales/ar.json", unseen)).toBeUndefined();
    expect(kindOf("package.json", unseen)).toBe("text with a character that nobody sees (U+3164)");
    expect(kindOf("test/page.snap", { ...binary("2f2a"), disguise: "code" })).toBe("code");
    expect(kindOf("docs/notes.md", disguised)).toBeUndefined();
  });

  test.each([
    ["an image", "docs/logo.png", binary("89504e470d0a1a0a")],
    ["a photograph", "docs/team.jpg", binary("ffd8ffe000104a46")],
    ["a font", "web/inter.woff2", binary("774f463200010000")],
    ["a document", "docs/plan.docx", binary("504b030414000000")],
    [
      "a script that begins like a Windows program",
      "src/mz.js",
      { head: "4d5a203d", isText: true, longestLine: 9, disguise: null },
    ],
    ["code with lines of a hundred bytes", "src/round.js", text(100)],
    ["data in one long line", "test/fixtures/all.json", text(90_000)],
    ["a text that is named like a program", "notes.class", text(20)],
  ] as const)("is not %s", (_, path, sample) => {
    expect(kindOf(path, sample)).toBeUndefined();
  });

  test("is judged by its name where no byte of it was read", () => {
    expect(unreadableCode([change("a.pyc"), change("a.py")], {})).toEqual([
      { path: "a.pyc", size: 12, kind: "Python bytecode" },
    ]);
  });

  test("is not what was deleted", () => {
    const deleted = { ...change("a.pyc"), kind: "deleted", after: null } as const;
    expect(unreadableCode([deleted], {})).toEqual([]);
  });
});
