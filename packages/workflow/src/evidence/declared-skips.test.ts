import { describe, expect, test } from "vitest";
import { declaresPlatformSkip, linesThatSkip } from "./declared-skips.ts";

const says = (text: string, name: string): boolean => declaresPlatformSkip(text, `a > ${name}`, "a");

describe("a text says that a test is left out on some platforms", () => {
  test.each<[way: string, text: string, name: string]>([
    ["by an option of node:test", 'test("b", { skip: process.platform !== "win32" }, () => {});', "b"],
    ["by the name of the call", 'it.skipIf(process.platform === "linux")("b", () => {});', "b"],
    ["by its suite", 'describe.runIf(process.platform === "win32")("s", () => {\n  it("b", () => {});\n});', "s > b"],
    [
      "by a mark above it",
      '@pytest.mark.skipif(sys.platform != "win32", reason="x")\ndef test_b():\n    pass\n',
      "test_b",
    ],
    [
      "by the mark of its class",
      "@unittest.skipUnless(sys.platform.startswith('win'), 'x')\nclass TestS(TestCase):\n    def test_b(self): ...\n",
      "TestS > test_b",
    ],
    [
      "by a mark over many lines",
      '@unittest.skipIf(\n    sys.platform != "win32",\n    "on Windows",\n)\ndef test_b():\n    pass\n',
      "test_b",
    ],
    ["for each parameter", "@pytest.mark.skipif(os.name == 'posix')\ndef test_b(n):\n    pass\n", "test_b[1-2]"],
  ])("%s", (_way, text, name) => {
    expect(says(text, name)).toBe(true);
  });
});

describe("a text does not say that a test is left out for its platform", () => {
  test.each<[why: string, text: string, name: string]>([
    ["when nothing is asked", 'test("b", { skip: true }, () => {});', "b"],
    ["when it is always left out", 'test.skip("b", () => {});', "b"],
    ["when it asks what may be the implementation's", 'test("b", { skip: off === 1 }, () => {});', "b"],
    ["when it asks that as well", 'test("b", { skip: process.platform === "linux" || off }, () => {});', "b"],
    [
      "when one of two marks asks that",
      '@pytest.mark.skipif(off)\n@pytest.mark.skipif(sys.platform == "linux")\ndef test_b():\n    pass\n',
      "test_b",
    ],
    ["when a mark asks that", "@pytest.mark.skipif(off == 1, reason='x')\ndef test_b():\n    pass\n", "test_b"],
    ["when a call within it does", "def test_b():\n    if LINUX:\n        pytest.skip('x')\n", "test_b"],
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
