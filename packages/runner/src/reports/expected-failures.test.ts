import { expect, test } from "vitest";
import type { TestCase } from "@phasegate/wire";
import { withoutExpectedFailures } from "./expected-failures.ts";

const passed = (file: string | null, name: string): TestCase => ({
  identity: file === null ? name : `${file} > ${name}`,
  file,
  name,
  outcome: "passed",
  message: null,
});

async function outcomes(
  cases: readonly TestCase[],
  output: string,
  texts: Readonly<Record<string, string>> = {},
  isCut = false,
) {
  const read = await withoutExpectedFailures(cases, { output, isCut, textOf: (file) => texts[file] ?? null });
  return read.map(({ identity, outcome }) => `${identity}: ${outcome}`);
}

test("a test that passed by failing is a todo, by its text", async () => {
  const texts = { "a.test.js": 'it.fails("b", run);\nit("c", run);\n' };
  expect(await outcomes([passed("a.test.js", "b"), passed("a.test.js", "c")], "", texts)).toEqual([
    "a.test.js > b: todo",
    "a.test.js > c: passed",
  ]);
});

test("a test that passed by failing is a todo, by what node prints", async () => {
  const output = "▶ suite\n  ✔ b (1.5ms) # EXPECTED FAILURE soon\n✔ c (1ms)\n✔ d (1ms) # TODO\n";
  expect(await outcomes([passed("a.test.js", "b"), passed("a.test.js", "c")], output)).toEqual([
    "a.test.js > b: todo",
    "a.test.js > c: passed",
  ]);
});

test.each([
  ["the test printed before it", "...✔ b (1.5ms) # EXPECTED FAILURE\n"],
  ["its name has two lines", "✔ twenty\nb (1.5ms) # EXPECTED FAILURE\n"],
  ["its name holds a carriage return", "✔ twenty\r b (1.5ms) # EXPECTED FAILURE\n"],
])("one todo stands for what was printed and is not found, since %s", async (_, output) => {
  expect(await outcomes([passed("a.test.js", "b"), passed("a.test.js", "c")], output)).toEqual([
    "a.test.js > b: passed",
    "a.test.js > c: passed",
    "a test whose failure was expected, which the output does not name: todo",
  ]);
});

test("a todo stands for each that is not found", async () => {
  const output = "...✔ b (1.5ms) # EXPECTED FAILURE\n...✔ c (1ms) # EXPECTED FAILURE\n";
  const name = "a test whose failure was expected, which the output does not name";
  expect(await outcomes([passed("a.test.js", "b")], output)).toEqual([
    "a.test.js > b: passed",
    `${name}: todo`,
    `${name} > #2: todo`,
  ]);
});

test.each([
  ["a todo stands for what was cut out of the output of node", "✔ b (1ms)\nℹ tests 1\n", true, 2],
  ["none stands for what was cut out of the output of others", "1 passed\n", true, 1],
  ["none stands for what was not cut", "✔ b (1ms)\nℹ tests 1\n", false, 1],
])("%s", async (_, output, isCut, cases) => {
  expect(await outcomes([passed("a.test.js", "b")], output, {}, isCut)).toHaveLength(cases);
});

test("a test that is only called so says nothing", async () => {
  const output = "✔ prints # EXPECTED FAILURE (1.5ms)\n";
  expect(await outcomes([passed("a.test.js", "prints # EXPECTED FAILURE")], output)).toEqual([
    "a.test.js > prints # EXPECTED FAILURE: passed",
  ]);
});

test("of equal names in several files, the one counts whose file speaks of it", async () => {
  const output = "✔ b (1ms)\n✔ b (1ms) # EXPECTED FAILURE\n";
  const texts = { "a.test.js": 'test("b", run);', "c.test.js": "test(name, { expectFailure: true }, run);" };
  expect(await outcomes([passed("a.test.js", "b"), passed("c.test.js", "b")], output, texts)).toEqual([
    "a.test.js > b: passed",
    "c.test.js > b: todo",
  ]);
});

test("of equal names in files that speak of it, the one counts that is named so", async () => {
  const texts = {
    "a.test.js": 'test("b", { expectFailure: false }, run);',
    "c.test.js": 'test("b", { expectFailure: true }, run);',
  };
  expect(
    await outcomes([passed("a.test.js", "b"), passed("c.test.js", "b")], "✔ b (1ms) # EXPECTED FAILURE\n", texts),
  ).toEqual(["a.test.js > b: passed", "c.test.js > b: todo"]);
});

test("a failure stays one, and other languages are not read", async () => {
  const failed: TestCase = { ...passed("a.test.js", "b"), outcome: "failed", message: "x" };
  const texts = { "a.test.js": 'it.fails("b", run);', "a.py": 'it.fails("b", run)' };
  expect(await outcomes([failed, passed("a.py", "b")], "", texts)).toEqual([
    "a.test.js > b: failed",
    "a.py > b: passed",
  ]);
});
