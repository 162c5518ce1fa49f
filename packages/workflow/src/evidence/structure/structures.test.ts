import { describe, expect, test } from "vitest";
import { rewrittenParts } from "../rewritten-parts.ts";

const head = `import assert from "node:assert/strict";
import { test } from "node:test";
import { tax } from "../src/tax.js";
const near = (a, b) => assert.ok(Math.abs(a - b) < 1);
function far(a, b) { assert.ok(a !== b); }
async function later(a) { await a; }
`;

function script(before: string, after: string): string {
  return told(rewrittenParts("test/a.test.js", head + before, head + after));
}

function python(before: string, after: string): string {
  return told(rewrittenParts("tests/test_a.py", before, after));
}

function told({ tests, beside, stricter }: ReturnType<typeof rewrittenParts>): string {
  if (tests.length + beside.length > 0) return "changed";
  return stricter.length > 0 ? "stricter" : "nothing";
}

const inTest = (body: string): string => `test("a", () => { ${body} });`;

describe("format says nothing:", () => {
  test.each([
    ["braces round an assertion", 'test("a", () => assert.equal(tax(1), 1));', inTest("assert.equal(tax(1), 1);")],
    ["braces round a helper", 'test("a", () => near(tax(1), 1));', inTest("near(tax(1), 1)")],
    ["braces round a function that gives nothing back", 'test("a", () => far(tax(1), 1));', inTest("far(tax(1), 1)")],
    ["braces round an expectation", 'test("a", () => expect(tax(1)).toBe(1));', inTest("expect(tax(1)).toBe(1)")],
    [
      "braces round a chain",
      'it("a", () => expect(tax(1)).to.equal(1));',
      'it("a", () => { expect(tax(1)).to.equal(1); })',
    ],
    [
      "braces round what is waited for",
      'test("a", async () => await assert.rejects(tax(1)));',
      'test("a", async () => { await assert.rejects(tax(1)); });',
    ],
    [
      "what is waited for, and not given back",
      'test("a", async () => assert.rejects(tax(1)));',
      'test("a", async () => { await assert.rejects(tax(1)); });',
    ],
    [
      "the body of a function",
      "const more = [1].map((x) => x + 1);",
      "const more = [1].map((x) => { return x + 1; });",
    ],
    [
      "braces of branches and loops",
      inTest("for (const x of [1]) if (x) near(x, 1); else near(x, 2);"),
      inTest("for (const x of [1,]) { if (x) { near(x, 1); } else { near(x, 2); } }"),
    ],
    [
      "parentheses, quotes, numbers and names of members",
      inTest("const o = { a: 1, 'b': .5, c };\nassert.ok(tax((o.a && o.b) || 0XF))").replace("0XF", "0xF"),
      inTest('const o = { "a": 1.0, b: 0.5, c: c, }; assert.ok(tax(o.a && o.b || (0xf)));'),
    ],
    [
      "a statement that ends without a semicolon",
      `const one = { a: 1 } as const;\n${inTest("near(one.a, 1)")}`,
      `const one = { a: 1 } as const\n${inTest("near(one.a, 1);")}`,
    ],
    [
      "a branch on lines of their own, without semicolons",
      `if (1 < 2) throw new Error();\nfor (const x of [1]) near(x, 1);\n${inTest("near(1, 1);")}`,
      `if (1 < 2)\n  throw new Error()\nfor (const x of [\n  1\n])\n  near(x, 1)\n${inTest("near(1, 1)")}`,
    ],
  ])("%s", (_, before, after) => {
    expect(script(before, after)).toBe("nothing");
    expect(script(after, before)).toBe("nothing");
  });

  test.each([
    [
      "wrapped lines",
      "assert f(a, b) == 1, 'm'",
      'assert (\n        f(\n            a,\n            b,\n        )\n        == 1\n    ), "m"',
    ],
    ["statements in a row", "a = 1; b = 2", "a = 1\n    b = (2)"],
    ["a body on the same line", "if x: assert 0XfF == f()", "if x:\n        assert 0xff == f()"],
    ["escapes and prefixes", "assert f('it\\'s', U'x') \\\n        == 1", 'assert f("it\'s", "x") == 1'],
  ])("%s, in Python", (_, before, after) => {
    expect(python(`def test_a():\n    ${before}\n`, `def test_a() -> None:\n    '''Doc.'''\n    ${after}\n`)).toBe(
      "nothing",
    );
    const inClass = (body: string): string =>
      `class TestA:\n    def test_a(self):\n        ${body.replaceAll("\n", "\n    ")}\n`;
    expect(python(inClass(before), inClass(after).replace("TestA:", "TestA():"))).toBe("nothing");
  });
});

describe("what looks like format and is another statement is told:", () => {
  test.each([
    ["a promise that nobody waits for", 'test("a", () => assert.rejects(tax(1)));', inTest("assert.rejects(tax(1));")],
    ["one of a helper", 'test("a", () => later(tax(1)));', inTest("later(tax(1));")],
    [
      "one of an expectation",
      'test("a", () => expect(tax(1)).resolves.toBe(1));',
      inTest("expect(tax(1)).resolves.toBe(1);"),
    ],
    ["parentheses that order", inTest("near((tax(1) + 1) * 2, 4)"), inTest("near(tax(1) + 1 * 2, 4)")],
    ["parentheses that end a chain", inTest("near((a?.b).c, 4)"), inTest("near(a?.b.c, 4)")],
    ["braces that hold more", inTest("if (x) near(1, 2); near(3, 4);"), inTest("if (x) { near(1, 2); near(3, 4); }")],
    [
      "another branch",
      inTest("if (x) if (y) near(1, 2); else near(3, 4);"),
      inTest("if (x) { if (y) near(1, 2); } else near(3, 4);"),
    ],
    ["a hole in a list", inTest("near([1,,2], 1)"), inTest("near([1,2], 1)")],
    ["a blank in a text", inTest("near(` ${x}`, 1)"), inTest("near(`${x}`, 1)")],
    ["a member by its value", inTest("near(o[a], 1)"), inTest("near(o.a, 1)")],
    ["a number that begins with zero", inTest("near(tax(1), 010)"), inTest("near(tax(1), 10)")],
    [
      "a name that means another function here",
      'test("a", (assert) => assert.equal(1, 1))',
      'test("a", (assert) => { assert.equal(1, 1); })',
    ],
  ])("%s", (_, before, after) => {
    expect(script(before, after)).toBe("changed");
  });

  test.each([
    ["a chain of comparisons", "assert (a < b) < c", "assert a < b < c"],
    ["a pair, which is always true", 'assert f(1) == 1, "m"', 'assert (f(1) == 1, "m")'],
    ["a list of one", "assert f(1) == (1,)", "assert f(1) == (1)"],
    ["an indent", "for x in y:\n        f(x)\n    assert x", "for x in y:\n        f(x)\n        assert x"],
  ])("%s, in Python", (_, before, after) => {
    expect(python(`def test_a():\n    ${before}\n`, `def test_a():\n    ${after}\n`)).toBe("changed");
  });
});

describe("a test that only asserts more is stricter:", () => {
  test.each([
    ["one more", "near(tax(1), 1);", "near(tax(1), 1); assert.equal(tax(2), 2);"],
    [
      "in front and behind",
      "const x = tax(1); near(x, 1);",
      "const x = tax(1); assert.ok(x > 0); near(x, 1); assert.throws(() => tax(-1));",
    ],
    [
      "in another format",
      "near(tax(1), 1)",
      "if (1) near(1, 1); near((tax(1)), 1); assert.ok(tax(2));".replace("if (1) near(1, 1); ", ""),
    ],
  ])("%s", (_, before, after) => {
    expect(script(inTest(before), inTest(after))).toBe("stricter");
  });

  test.each([
    ["and less", "near(tax(1), 1);", "assert.equal(tax(2), 2);"],
    ["behind its end", "near(tax(1), 1);", "return; near(tax(1), 1);"],
    ["and ends the process", "near(tax(1), 1);", "assert.ok(process.exit(0)); near(tax(1), 1);"],
    ["and sets what is tested", "near(tax(1), 1);", "assert.ok((tax = () => 1)); near(tax(1), 1);"],
    [
      "where a failure is awaited",
      "assert.throws(() => { tax(1); });",
      "assert.throws(() => { assert.ok(0); tax(1); });",
    ],
    ["and runs nothing any more", "for (const x of [1]) near(x, 1);", "for (const x of []) near(x, 1); assert.ok(1);"],
  ])("not %s", (_, before, after) => {
    expect(script(inTest(before), inTest(after))).toBe("changed");
  });

  test("not where it is to fail", () => {
    const before = 'test.fails("a", () => { near(tax(1), 1); });';
    expect(script(before, before.replace("1); }", "1); assert.ok(tax(1) === 2); }"))).toBe("changed");
  });

  test.each([
    ["stricter", "assert f(1) == 1", "assert f(1) == 1\n    assert len(f(2)) == 2"],
    ["changed", "assert f(1) == 1", 'assert pytest.skip("x")\n    assert f(1) == 1'],
    ["changed", "assert f(1) == 1", "assert (f := print)\n    assert f(1) == 1"],
    [
      "changed",
      "with pytest.raises(E):\n        f(1)",
      "with pytest.raises(E):\n        assert f(1) == 7\n        f(1)",
    ],
  ])("%s, in Python", (wanted, before, after) => {
    expect(python(`def test_a():\n    ${before}\n`, `def test_a():\n    ${after}\n`)).toBe(wanted);
  });

  test("as unittest asserts", () => {
    const before = "class TestA:\n    def test_a(self):\n        self.assertEqual(f(1), 1)\n";
    expect(python(before, `${before}        self.assertIsNone(f(0))\n`)).toBe("stricter");
  });
});

test("code that does not parse, or is longer than is read, is compared word by word", () => {
  expect(script('test("a", () => assert.equal(tax(, 1));', inTest("assert.equal(tax(, 1);"))).toBe("changed");
  const long = `near(${"1 + ".repeat(30_000)}1, 1)`;
  expect(script(`test("a", () => ${long});`, inTest(long))).toBe("changed");
  const deep = `${"[".repeat(2_000)}${"]".repeat(2_000)}`;
  expect(script(`test("a", () => near(${deep}, 1));`, inTest(`near(${deep}, 1)`))).toBe("changed");
});
