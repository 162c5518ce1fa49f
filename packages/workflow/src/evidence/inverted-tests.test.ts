import { describe, expect, test } from "vitest";
import { newExpectedFailures } from "./inverted-tests.ts";

const told = (after: string, before: string | null = null, path = "test/a.test.js") =>
  newExpectedFailures(
    [{ path, kind: before === null ? "added" : "modified", before: null, after: null } as never],
    { [path]: { before, after } },
    (file) => file.startsWith("test/"),
  );

const here = (...lines: readonly number[]): readonly string[] => lines.map((line) => `test/a.test.js:${String(line)}`);

test("new lines that make a success of failures are told, with or without the name of a test", () => {
  const text =
    'const options = { expectFailure: true };\nit.fails(name, run);\nconst { failing } = test;\nit["fails"](name);\n';
  expect(told(text)).toEqual(here(1, 2, 3, 4));
});

describe("a line is told that inverts a test", () => {
  test.each<[how: string, text: string, line?: number]>([
    ["by a name that is put together", 'export const later = test["fa" + "ils"];'],
    ["by a name that the text does not say", "const later = it[name];"],
    ["by a name out of a condition", 'it[isNew ? "fails" : "only"]("b", run);'],
    ["by a name with an escape in it", 'test.f\\u0061ils("b", run);'],
    ["by a name of a chain", 'describe.concurrent[word]("b", run);'],
    ["by a name behind a table", 'it.each([[1], [2]])[word]("b", run);'],
    ["by a name of an import under another name", 'import { test as check } from "vitest";\ncheck[word]("b", run);', 2],
    ["by a name of a module", 'import * as runner from "vitest";\nrunner.test.fails("b", run);', 2],
    ["by a name of what was required", 'const check = require("node:test");\ncheck[word]("b", run);', 2],
    ["by a name of an alias", 'const check = it.concurrent;\ncheck.fails("b", run);', 2],
    ["by a pattern with a name that is put together", 'const { ["fa" + "ils"]: later } = test;'],
    ["by a pattern with a name that the text does not say", "const { [word]: later } = test;"],
    ["by `Reflect`", 'Reflect.get(test, word)("b", run);'],
    ["by `Object`", 'Object.values(test)[3]("b", run);'],
    ["by a key of its options", 'test("b", { [word]: true }, run);'],
    ["by a key that is put together", 'export const later = { ["expect" + "Failure"]: true };'],
    ["by what the runner hands to it", 'it("b", ({ task }) => { task.fails = true; });'],
    ["by that under another name", 'it("b", ({ task: own }) => { own.fails = true; });'],
    ["by a pattern of a chain", "const { fails } = it.sequential;"],
    ["by an option that is set later", "options.expectFailure = true;"],
    ["by an option of a helper", 'import { later } from "./later.js";\nlater("b", { expectFailure: true }, run);', 2],
    ["by an option of the test within a product's call", 'run(() => test("b", { expectFailure: true }, check));'],
    ["by options with a reason", 'it("b", { fails: reason }, run);'],
  ])("%s", (_how, text, line = 1) => {
    expect(told(text)).toEqual(here(line));
  });
});

describe("a line is not told that", () => {
  test.each<[what: string, text: string]>([
    [
      "is in a comment or a text",
      '// it.fails("b", run);\nit("says it.fails", () => expect(validator.fails).toBe(1));',
    ],
    ["switches it off", 'it("b", { expectFailure: false }, run);\nconst row = { fails: 2 };'],
    ["calls the product", 'import { run } from "../src/run.js";\nassert.equal(run({ expectFailure: true }), 1);'],
    ["calls a package", 'const { run } = require("shop");\nrun("a", { deep: [{ expectFailure: true }] });'],
    ["calls a member of the product", 'import shop from "../src/shop.js";\nshop.run({ fails: true }).catch(stop);'],
    ["compares with an object", "expect(report).toEqual({ rows: [{ fails: true }] });"],
    ["sets what a double does", "server.fails = true;"],
    ["reads an option", "assert.equal(options.expectFailure, true);"],
    ["chooses among names that invert nothing", 'it[isWindows ? "skip" : "only"]("b", run);\nit["each"](rows);'],
    ["has a computed key of another object", "const row = { [id]: 1 };\nexpect(rows[0]).toEqual({ [id]: 1 });"],
    ["takes a member of something else", "rows[index].test(text);\nit.each(rows[0]);\nresult.it[key];"],
  ])("%s", (_what, text) => {
    expect(told(text)).toEqual([]);
  });
});

test("lines of the base and of other files are not told", () => {
  expect(told('it.fails("b", run);\nit("c", run);\n', 'it.fails("b", run);\n')).toEqual([]);
  expect(told('it.fails("b", run);\n', null, "src/a.js")).toEqual([]);
});
