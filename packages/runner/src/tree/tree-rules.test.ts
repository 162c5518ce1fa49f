import { describe, expect, test } from "vitest";
import { TreeRules } from "./tree-rules.ts";

const rules = new TreeRules({
  tracked: ["build/kept.txt", "src/a.ts", "src/a.log"],
  submodules: [["vendor/lib", "0123456789012345678901234567890123456789"]],
  ignoreFiles: [
    { directory: "", text: "build/\n*.log\n/only-here\n!loud.log\n# comment\nCase\n" },
    { directory: "docs", text: "!important.log\nlocal\n" },
    { directory: "docs/deep", text: "important.log\n" },
  ],
  ignore: ["/node_modules/", "*.tmp"],
});

describe("what is ignored", () => {
  test.each([
    ["a.log", false, true],
    ["src/b.log", false, true],
    ["src/a.log", false, false],
    ["loud.log", false, false],
    ["docs/important.log", false, false],
    ["docs/deep/important.log", false, true],
    ["docs/other.log", false, true],
    ["docs/local", false, true],
    ["local", false, false],
    ["only-here", false, true],
    ["src/only-here", false, false],
    ["build", true, true],
    ["build", false, false],
    ["src/build", true, true],
    ["case", false, false],
    ["Case", false, true],
    ["node_modules", true, true],
    ["src/node_modules", true, false],
    ["src/x.tmp", false, true],
  ])("%s (directory: %s) -> %s", (path, isDirectory, ignored) => {
    expect(rules.isIgnored(path, isDirectory)).toBe(ignored);
  });

  test("an ignored directory that holds a tracked path is known as such", () => {
    expect(rules.holdsTracked("build")).toBe(true);
    expect(rules.holdsTracked("vendor")).toBe(true);
    expect(rules.holdsTracked("docs")).toBe(false);
  });
});
