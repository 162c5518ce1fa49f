import { describe, expect, test } from "vitest";
import { rewrittenParts } from "./rewritten-parts.ts";

const script = `import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tax } from "../src/tax.js";

const near = (a, b) => assert.ok(Math.abs(a - b) < 0.01);
const cases = [[10, 1], [100, 10]];

test("tax of ten", () => assert.equal(tax(10), 1));

describe("no tax", () => {
  test('of nothing', () => {
    near(tax(0), 0);
  });
  test.each([["a", 1], ["b", 2]])("of %s", (name, count) => assert.equal(tax(count), 0));
});

for (const [amount, due] of cases) test(\`tax of \${amount}\`, () => near(tax(amount), due));
`;
const python = `import pytest
from shop.tax import tax

CASES = [(10, 1), (100, 10)]


def near(a, b):
    assert abs(a - b) < 0.01


@pytest.mark.parametrize("amount, due", CASES)
def test_tax(amount, due):
    near(tax(amount), due)


class TestNothing:
    def test_of_nothing(self, client):
        total = tax(0)
        assert total == 0
`;
const go = `package tax

func TestTax(t *testing.T) {
	if Tax(10) != 1 {
		t.Fatal("tax")
	}
}
`;

const nothing = { tests: [], beside: [] };
const inScript = (from: string, to: string) => rewrittenParts("test/tax.test.js", script, script.replace(from, to));
const inPython = (from: string, to: string) => rewrittenParts("tests/test_tax.py", python, python.replace(from, to));

describe("format and additions say nothing:", () => {
  test.each([
    ["nothing", "x", "x"],
    ["another format", "() => assert.equal(tax(10), 1));", "() =>\n  assert.equal(\n    tax(10),\n    1,\n  ),\n)"],
    ["parentheses and quotes", "(a, b) => assert", "(\n  a,\n  b,\n) => assert"],
    ["a comment", "near(tax(0), 0);", "// of nothing\n    near(tax(0), 0) /* none */"],
    ["another name of a module", "import { tax }", "import { half, tax }"],
    [
      "another module, and what is declared for new tests",
      "import { tax }",
      'import { half } from "../src/half.js";\nconst two = 2\nfunction twice(x) { return x * two; }\nimport { tax }',
    ],
    ["a new test", 'test("tax of ten"', 'test("half", () => assert.equal(half(2), 1));\ntest("tax of ten"'],
    [
      "a new suite with hooks",
      'describe("no tax"',
      'describe("half", () => {\n  beforeEach(reset);\n  const tax = 1;\n  it("is", () => {});\n});\ndescribe("no tax"',
    ],
    ["a new test in a suite", "  test('of nothing'", "  test('of one', () => near(tax(1), 0));\n  test('of nothing'"],
    [
      "a new loop of tests",
      "for (const [amount",
      "for (const one of cases) test(`again ${one}`, () => {});\nfor (const [amount",
    ],
    ["more cases", "[[10, 1], [100, 10]]", "[[10, 1], [50, 5], [100, 10], [1, 0]]"],
    ["more rows", '[["a", 1], ["b", 2]]', '[["a", 1], ["b", 2], ["c", 3]]'],
  ])("%s", (_, from, to) => {
    expect(inScript(from, to)).toEqual(nothing);
  });

  test.each([
    [
      "another format",
      "def near(a, b):\n    assert abs(a - b) < 0.01",
      "def near(\n  a, b\n):\n  # close\n  assert abs(a - b) < 0.01",
    ],
    [
      "quotes and a text that documents",
      "    near(tax(amount), due)",
      "    '''It is near.'''\n    near(tax(amount), due)",
    ],
    ["another name of a module", "import tax\n", "import tax, half\n"],
    [
      "a new function and a new test",
      "class TestNothing",
      "def twice(x):\n    return 2 * x\n\n\ndef test_twice():\n    total = twice(1)\n    assert total == 2\n\n\nclass TestNothing",
    ],
    ["more cases", "[(10, 1), (100, 10)]", "[\n    (1, 0),\n    (10, 1),\n    (100, 10),\n]"],
    [
      "a test in a class",
      "    def test_of_nothing",
      "    def test_of_one(self):\n        assert tax(1) == 0\n\n    def test_of_nothing",
    ],
    ["a name that tests have for themselves", "class TestNothing", "def total():\n    return 1\n\n\nclass TestNothing"],
  ])("%s, in Python", (_, from, to) => {
    expect(inPython(from, to)).toEqual(nothing);
  });

  test("lines of another language that move, or are indented otherwise", () => {
    const after = go.replace("\tif", "    if").replace("func", "func TestMore(t *testing.T) {}\n\nfunc");
    expect(rewrittenParts("tax_test.go", go, after)).toEqual(nothing);
  });
});

describe("tests that say something else are named:", () => {
  test.each([
    ["an emptied body", "assert.equal(tax(10), 1)", "{ tax(10); }", ["tax of ten"]],
    [
      "one that returns before it asserts",
      "    near(tax(0), 0);",
      "    return;\n    near(tax(0), 0);",
      ["no tax > of nothing"],
    ],
    ["another expectation", "tax(10), 1", "tax(10), -666", ["tax of ten"]],
    ["one that is gone", 'test("tax of ten", () => assert.equal(tax(10), 1));', "", ["tax of ten"]],
    ["a loop of tests", "near(tax(amount), due)", "tax(amount)", ["tax of ..."]],
    ["a row that says something else", '["b", 2]', '["b", 0]', ["no tax > of %s"]],
    [
      "a test behind a row that looks like the end of its table",
      '["b", 2]])("of %s", (name, count) => assert.equal(tax(count), 0));',
      '["b", 2], "[ "])("of %s", () => {}, [0])("of %s", (name, count) => assert.equal(tax(count), 0));',
      ["no tax > of %s"],
    ],
    ["a row that is gone", ', ["b", 2]', "", ["no tax > of %s"]],
  ])("%s", (_, from, to, tests) => {
    expect(inScript(from, to).tests).toEqual(tests);
  });

  test.each([
    ["an emptied body", "    near(tax(amount), due)", "    tax(amount)", ["test_tax"]],
    [
      "one that returns",
      "        assert total",
      "        return\n        assert total",
      ["TestNothing > test_of_nothing"],
    ],
    [
      "what it asserts moved behind a condition",
      "        assert total",
      "        if total:\n            assert total",
      ["TestNothing > test_of_nothing"],
    ],
    ["another decorator", "@pytest.mark.parametrize", "@pytest.mark.xfail\n@pytest.mark.parametrize", ["test_tax"]],
    ["a longer list in what it asserts", "tax(0)\n", "tax([0])\n", ["TestNothing > test_of_nothing"]],
  ])("%s, in Python", (_, from, to, tests) => {
    expect(inPython(from, to).tests).toEqual(tests);
  });
});

describe("what acts on the tests from beside them is named:", () => {
  test.each([
    ["a helper that asserts less", "< 0.01", "< 100", ["near"]],
    ["what is tested, from elsewhere", "../src/tax.js", "./tax.js", ["tax"]],
    ["what is tested, under another's name", "import { tax }", "import { half as tax }", ["tax"]],
    ["a mock", "const near", 'mock.module("../src/tax.js", {});\nconst near', [""]],
    ["a hook", "const near", "beforeEach(() => {});\nconst near", [""]],
    ["a name of the language", "const near", "const Math = { abs: () => 0 };\nconst near", ["Math"]],
    [
      "a name that hides one outside of its suite",
      "  test('of nothing'",
      "  const tax = () => 0;\n  test('of nothing'",
      ["tax"],
    ],
    ["fewer cases", "[10, 1], [100, 10]", "[10, 1]", ["cases"]],
    ["a case that is another", "[10, 1], [100, 10]", "[10, 10], [100, 10]", ["cases"]],
  ])("%s", (_, from, to, beside) => {
    expect(inScript(from, to)).toEqual({ tests: [], beside });
  });

  test.each([
    ["a helper that asserts less", "< 0.01", "< 100", ["near"]],
    ["what is tested, from elsewhere", "from shop.tax", "from tests.tax", ["tax"]],
    [
      "a test of the same name, which takes its place",
      "class TestNothing",
      "def test_tax():\n    pass\n\n\nclass TestNothing",
      ["test_tax"],
    ],
    [
      "a fixture of a name that tests ask for",
      "class TestNothing",
      "@pytest.fixture\ndef client():\n    pass\n\n\nclass TestNothing",
      ["client"],
    ],
    [
      "a fixture for all",
      "class TestNothing",
      "@pytest.fixture(autouse=True)\ndef quiet():\n    pass\n\n\nclass TestNothing",
      ["quiet"],
    ],
    [
      "a hook",
      "    def test_of_nothing",
      "    def setup_method(self):\n        pass\n\n    def test_of_nothing",
      ["setup_method"],
    ],
    ["a name of the language", "class TestNothing", "def abs(x):\n    return 0\n\n\nclass TestNothing", ["abs"]],
    ["a statement", "class TestNothing", "near.__code__ = tax.__code__\n\n\nclass TestNothing", [""]],
    ["a base class", "class TestNothing:", "class TestNothing(Quiet):", ["TestNothing"]],
  ])("%s, in Python", (_, from, to, beside) => {
    expect(inPython(from, to)).toEqual({ tests: [], beside });
  });

  test("a line of another language", () => {
    expect(rewrittenParts("tax_test.go", go, go.replace("!= 1", "== 0"))).toEqual({ tests: [], beside: [""] });
  });

  test("a line of another language that leaves a test early", () => {
    const after = go.replace("\tif", "\treturn\n\tif");
    expect(rewrittenParts("tax_test.go", go, after)).toEqual({ tests: [], beside: [""] });
  });
});
