import { describe, expect, test } from "vitest";
import { actingPartsOfNew, rewrittenParts } from "./rewritten-parts.ts";

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

const nothing = { tests: [], beside: [], stricter: [] };
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
    [
      "a comment that chooses the environment",
      "import assert",
      "/** @jest-environment ./calm.js */\nimport assert",
      [""],
    ],
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
    expect(inScript(from, to)).toMatchObject({ tests: [], beside });
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
    expect(inPython(from, to)).toMatchObject({ tests: [], beside });
  });

  test("a line of another language", () => {
    expect(rewrittenParts("tax_test.go", go, go.replace("!= 1", "== 0"))).toMatchObject({
      tests: [],
      beside: ["", "if Tax(10) == 0 {"],
    });
  });

  test("a line of another language by what stands in it, cut, or by its file where that is no word", () => {
    const long = `return check(${"x, ".repeat(60)})`;
    const named = (line: string) => rewrittenParts("tax_test.go", go, go.replace("\tif", `\t${line}\n\tif`)).beside;
    expect(named(long)).toEqual([`${long.slice(0, 80)}...`]);
    expect(named("{")).toEqual([""]);
  });

  test("a line of another language that leaves a test early", () => {
    const after = go.replace("\tif", "\treturn\n\tif");
    expect(rewrittenParts("tax_test.go", go, after)).toMatchObject({ tests: [], beside: ["return"] });
  });
});

describe("what an addition changes for all tests as the file loads is named:", () => {
  const patch = "assert.equal = () => {}";
  const prepare = `function prepare() {\n  ${patch};\n  return 1;\n}\n`;
  test.each([
    ["in the body of a new suite", `describe("more", () => {\n  ${patch};\n  test("a", run);\n});\n`, ""],
    ["in a block of a new class", `class Helper {\n  static {\n    ${patch};\n  }\n}\n`, "Helper"],
    ["in the value of a new name", `const limit = (${patch});\n`, "limit"],
    ["in a function that is called at once", `const limit = (() => {\n  ${patch};\n})();\n`, "limit"],
    ["in a function that a new name calls", `${prepare}const limit = prepare();\n`, "prepare"],
    ["in one that an option calls", `${prepare}test("a", { timeout: prepare() }, run);\n`, "prepare"],
    ["in one that a name calls", `${prepare}test(\`a \${prepare()}\`, run);\n`, "prepare"],
    ["in one that a class extends", `${prepare}class Helper extends prepare() {}\n`, "prepare"],
    ["in an option", `test("a", { timeout: (${patch}) }, run);\n`, "a"],
    ["in a default", `const { limit = (${patch}) } = {};\n`, "limit"],
    ["of the product", `const limit = Object.assign(tax, { rate: 0 });\n`, "limit"],
    ["by a mock that is lifted out of a new test", `test("a", () => {\n  vi.mock("../src/tax.js");\n});\n`, "a"],
    ["by a mock that is lifted out of a helper", `function never() {\n  vi.mock("../src/tax.js");\n}\n`, "never"],
    ["by what is lifted", `const later = vi.hoisted(() => {\n  Object.is = () => true;\n});\n`, "later"],
    ["by a matcher in a new suite", `describe("more", () => {\n  expect.extend({ toBe });\n});\n`, ""],
    ["by a mock", `const limit = mock.method(tax, "rate");\n`, "limit"],
  ])("%s", (_, added, name) => {
    expect(inScript("const near", `${added}const near`)).toMatchObject({ tests: [], beside: [name] });
  });

  const globals = "globals().update(tax=print)";
  const python = `def prepare(one=0):\n    ${globals}\n    return one\n\n\n`;
  test.each([
    [
      "in the body of a new class",
      `class TestMore:\n    ${globals}\n\n    def test_more(self):\n        pass\n\n\n`,
      "",
    ],
    ["in a default of a new test", `def test_more(found=${globals}):\n    pass\n\n\n`, "tests"],
    ["in a helper that decorates", `${python}@prepare\ndef helper():\n    pass\n\n\n`, "prepare"],
    ["in a helper that a new name calls", `${python}LIMIT = prepare()\n`, "prepare"],
    ["in an annotation", `LIMIT: ${globals} = 1\n`, "LIMIT"],
    ["in a base class", `class Helper(${globals} or object):\n    pass\n\n\n`, "Helper"],
    ["in a lambda", `key = lambda one, two=${globals}: one\n`, "key"],
    [
      "by a name that it takes from outside",
      "def prepare():\n    global tax\n    tax = 1\n\n\nLIMIT = prepare()\n",
      "prepare",
    ],
    ["by names that nobody sees", "from tests.more import *\n", "*"],
  ])("%s, in Python", (_, added, name) => {
    const told = inPython("class TestNothing", `${added}class TestNothing`);
    expect(told).toMatchObject({ tests: [], beside: [name === "tests" ? "test_more" : name] });
  });
});

describe("what an addition keeps to itself is not named:", () => {
  test.each([
    [
      "a helper that changes its own",
      "function sum(rows) {\n  let all = 0;\n  for (const row of rows) all += row;\n  return all;\n}\n",
    ],
    [
      "a constant that calls a helper",
      "const server = () => ({ port: 0 });\nconst own = server();\nconst port = own.port;\n",
    ],
    [
      "a class with members",
      "class Cart {\n  rows = [];\n  constructor() {\n    this.rows = [];\n  }\n}\nconst cart = new Cart();\n",
    ],
    ["a test that sets what it restores", 'test("env", () => {\n  console.log = () => {};\n  assert.ok(true);\n});\n'],
    [
      "a suite with hooks of its own",
      'describe("more", () => {\n  let cart;\n  beforeEach(() => {\n    cart = [];\n  });\n  test("a", () => assert.ok(cart));\n});\n',
    ],
    ["a default of a parameter", "const half = (amount, part = 2, { cases = 1 } = {}) => amount / part / cases;\n"],
  ])("%s", (_, added) => {
    expect(inScript("const near", `${added}const near`)).toEqual(nothing);
  });

  test.each([
    [
      "a helper with keywords",
      "def half(amount, part=2):\n    total = amount / part\n    return total\n\n\nLIMIT = half(10)\n",
    ],
    [
      "a class with members",
      "class Cart:\n    rows = []\n\n    def __init__(self):\n        self.rows = []\n\n\nCART = Cart()\n",
    ],
    ["a result that is said", "class Other:\n    pass\n\n\n"],
  ])("%s, in Python", (_, added) => {
    expect(inPython("class TestNothing", `${added}class TestNothing`)).toEqual(nothing);
  });

  test("an import of the test runner, in Python", () => {
    const before = "from shop.tax import tax\n\n\ndef test_tax():\n    assert tax(0) == 0\n";
    expect(rewrittenParts("tests/test_tax.py", before, `import pytest\n${before}`)).toEqual(nothing);
  });

  test("what a test is said to give back, in Python", () => {
    expect(inPython("(self, client):", '(self, client) -> None:\n        """Of nothing."""')).toEqual(nothing);
  });
});

describe("of a new file among the tests, what acts on others is named:", () => {
  test.each<[what: string, path: string, text: string, names: readonly string[]]>([
    ["a hook", "tests/conftest.py", "def pytest_pyfunc_call(pyfuncitem):\n    return True\n", ["pytest_pyfunc_call"]],
    ["a fixture for all", "tests/conftest.py", "@pytest.fixture(autouse=True)\ndef calm():\n    pass\n", ["calm"]],
    ["plugins", "tests/test_more.py", 'pytest_plugins = ["tests.more"]\n', ["pytest_plugins"]],
    ["a member of the product", "tests/test_more.py", "import src.tax\n\nsrc.tax.tax = abs\n", [""]],
    ["a module", "tests/test_more.py", 'import sys\n\nsys.modules["src.tax"] = None\n', [""]],
    ["an attribute of a module", "tests/more.py", 'import src.tax\n\nsetattr(src.tax, "tax", abs)\n', [""]],
    ["an attribute of what was imported", "tests/more.py", 'from src import tax\n\nsetattr(tax, "tax", abs)\n', [""]],
    ["a patch", "tests/more.py", 'from unittest.mock import patch\n\npatch("src.tax.tax").start()\n', [""]],
    ["what all assert by", "test/setup.js", 'import assert from "node:assert";\nassert.equal = () => {};\n', [""]],
  ])("%s", (_, path, text, names) => {
    expect(actingPartsOfNew(path, text)).toEqual(names);
  });

  test.each<[what: string, path: string, text: string]>([
    ["fixtures to ask for", "tests/conftest.py", "import pytest\n\n\n@pytest.fixture\ndef cart():\n    return []\n"],
    ["a fixture for its own tests", "tests/test_a.py", "@pytest.fixture(autouse=True)\ndef calm():\n    pass\n"],
    [
      "where modules are found",
      "tests/test_a.py",
      'import os, sys\n\nsys.path.insert(0, "src")\nos.environ["A"] = "1"\n',
    ],
    [
      "tests that it makes of a list",
      "tests/test_a.py",
      'import unittest\nfrom shop.tax import cases\n\n\nclass Case(unittest.TestCase):\n    pass\n\n\nfor one in cases:\n    setattr(Case, "test_" + str(one), lambda self: None)\n    globals()["test_" + str(one)] = lambda: None\n',
    ],
    ["a mark of its own", "tests/test_a.py", "import pytest\n\npytestmark = pytest.mark.slow\n"],
    [
      "helpers",
      "test/helpers.js",
      'import assert from "node:assert";\nexport const rows = [];\nprocess.env.TZ = "UTC";\n',
    ],
    ["another language", "test/setup.sh", "exit 0\n"],
  ])("but not %s", (_, path, text) => {
    expect(actingPartsOfNew(path, text)).toEqual([]);
  });
});

test("a carriage return ends a line, as it does for Python and Java", () => {
  const hidden = python.replace(
    "        total = tax(0)\n",
    "        # nothing\r        return\n        total = tax(0)\n",
  );
  expect(rewrittenParts("test_tax.py", python, hidden).tests).toEqual(["TestNothing > test_of_nothing"]);
  expect(rewrittenParts("test_tax.py", python, python.replaceAll("\n", "\r\n"))).toEqual({
    tests: [],
    beside: [],
    stricter: [],
  });
  const java = "class TaxTest {\n  @Test void ten() {\n    check(tax(10), 1);\n  }\n}\n";
  const left = java.replace("    check", "    // ten\r    return;\n    check");
  expect(rewrittenParts("TaxTest.java", java, left).beside).toEqual(["return;"]);
});

test("names of Python that are equal after NFKC are one name", () => {
  const added = `${python}\n\ndef te\u017ft_tax(amount, due):\n    assert amount\n`;
  expect(rewrittenParts("test_tax.py", python, added).beside).toEqual(["test_tax"]);
  const another = `${python}\n\ndef test_other(amount, due):\n    assert amount\n`;
  expect(rewrittenParts("test_tax.py", python, another).beside).toEqual([]);
});
