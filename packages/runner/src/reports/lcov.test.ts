import type { LineCoverage } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { readLcov, withoutComments } from "./lcov.ts";
import { ReportError } from "./report-format.ts";

const places = {
  workspace: "/workspace",
  cwd: "",
  isFile: (path: string) => path.startsWith("src/"),
  isTestFile: (path: string) => path.endsWith(".test.js"),
};

describe("readLcov", () => {
  it("counts lines of the tree's files, a line once however many records name it", () => {
    const text = [
      "TN:",
      "SF:src/a.js",
      "FN:1,a",
      "DA:1,3",
      "DA:2,0",
      "DA:3,0",
      "end_of_record",
      "SF:/workspace/src/a.js",
      "DA:2,1,checksum",
      "end_of_record",
      "SF:src/a.test.js",
      "DA:1,1",
      "end_of_record",
      "SF:/usr/lib/other.js",
      "DA:1,0",
      "end_of_record",
      "",
    ].join("\n");
    expect(readLcov(text, places)).toEqual({
      files: { "src/a.js": { covered: [1, 2], uncovered: [3] } },
      percent: (2 * 100) / 3,
    });
  });

  it("a report on no file of the tree covers nothing", () => {
    expect(readLcov("SF:/elsewhere/a.js\nDA:1,1\nend_of_record\n", places).percent).toBe(0);
  });

  const broken = [
    "",
    "not lcov",
    "SF:src/a.js\nDA:1,1\n",
    "DA:1,1\n",
    "SF:src/a.js\nDA:one,1\nend_of_record\n",
    "end_of_record",
  ];
  it.each(broken)("refuses %j", (text) => {
    expect(() => readLcov(text, places)).toThrow(ReportError);
  });
});

describe("withoutComments", () => {
  const texts: Record<string, string> = {
    "src/a.js": "// one\n\n/*\n two\n*/\na();\nif (b) {\n  // three\n  c();\n}\n",
    "src/b.js": "const d = `\n# four\n`;\n",
  };
  const without = (files: LineCoverage["files"]) =>
    withoutComments({ files, percent: 0 }, (path) => texts[path] ?? null);

  it("leaves blank lines and comments out, executed or not", async () => {
    const counted = { "src/a.js": { covered: [1, 2, 3, 4, 5, 6, 7, 10], uncovered: [8, 9] } };
    expect(await without(counted)).toEqual({
      files: { "src/a.js": { covered: [6, 7, 10], uncovered: [9] } },
      percent: 75,
    });
  });

  it("keeps what only looks like a comment, what is behind the end, and files without a text", async () => {
    const counted = {
      "src/b.js": { covered: [1, 2], uncovered: [3] },
      "src/c.js": { covered: [1], uncovered: [2] },
    };
    expect((await without(counted)).files).toEqual(counted);
  });
});
