import { describe, expect, test } from "vitest";
import { declaresSkip, linesThatSkip } from "./declared-skips.ts";

const says = (text: string, name: string): boolean => declaresSkip(text, `a > ${name}`, "a");

describe("a text says that a test is left out", () => {
  test.each<[way: string, text: string, name: string]>([
    ["by an option of node:test", 'test("b", { skip: process.platform !== "win32" }, () => {});', "b"],
    ["by an option on a line of its own", 'test(\n  "b",\n  { skip: true },\n  () => {},\n);', "b"],
    ["by the name of the call", 'it.skipIf(isLinux)("b", () => {});', "b"],
    ["by its suite", 'describe.skip("s", () => {\n  it("b", () => {});\n});', "s > b"],
    ["by a todo", 'test("b", { todo: "later" });', "b"],
    [
      "by a mark above it",
      '@pytest.mark.skipif(sys.platform != "win32", reason="x")\ndef test_b():\n    pass\n',
      "test_b",
    ],
    ["by a mark over many lines", "@pytest.mark.skipif(\n    IS_LINUX,\n)\ndef test_b():\n    pass\n", "test_b"],
    [
      "by the mark of its class",
      "@unittest.skipIf(LINUX, 'x')\nclass TestS(TestCase):\n    def test_b(self): ...\n",
      "TestS > test_b",
    ],
    ["by a call in its first lines", "def test_b():\n    if LINUX:\n        pytest.skip('x')\n", "test_b"],
    ["by a call on its context", "func TestB(t *testing.T) {\n\tt.Skip()\n}\n", "TestB"],
    ["for each parameter", "@pytest.mark.skip\ndef test_b(n):\n    pass\n", "test_b[1-2]"],
    ["by an attribute", "#[test]\n#[ignore]\nfn b() {}\n", "b"],
  ])("%s", (_way, text, name) => {
    expect(says(text, name)).toBe(true);
  });
});

describe("a text does not say that a test is left out", () => {
  test.each<[why: string, text: string, name: string]>([
    ["when another one is", 'test("c", { skip: true }, () => {});\ntest("b", () => run());', "b"],
    ["when another one of its suite is", 'describe("s", () => {\n  it.skip("c");\n  it("b", run);\n});', "s > b"],
    ["when the next one is", 'test("b", () => run());\ntest("c", { skip: true }, () => {});', "b"],
    ["when the one above is", "@pytest.mark.skip\ndef test_c():\n    pass\n\ndef test_b():\n    pass\n", "test_b"],
    ["when its own name is such a word", 'test("skip: blanks", () => run());', "skip: blanks"],
    ["when its name is part of one that is", 'test.skip("bb", () => {});', "b"],
    ["when it is not named", "for (const n of names) test.skip(n, () => {});", "b"],
    ["when there is no text", "", "b"],
  ])("%s", (_why, text, name) => {
    expect(says(text, name)).toBe(false);
  });
});

test("the lines that leave a test out are found, and a list of todos is none", () => {
  expect(
    linesThatSkip('import { todo } from "./todo.js";\nit.todo("b");\ntest("c", { skip: true });\nlist({ todo: [] });'),
  ).toEqual([2, 3]);
});
