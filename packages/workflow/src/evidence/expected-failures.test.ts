import { describe, expect, test } from "vitest";
import { declaresExpectedFailure } from "./expected-failures.ts";

const says = (text: string, identity: string): boolean => declaresExpectedFailure(text)(`a > ${identity}`, "a");

describe("a text says of a test that its failure is its success", () => {
  test.each<[way: string, text: string, identity: string]>([
    ["by an option of node:test", 'test("b", { expectFailure: true }, run);', "b"],
    ["with a reason", 'test("b", { timeout: 5, expectFailure: "soon" }, run);', "b"],
    ["by a variable of that name", "test('b', { expectFailure }, run);", "b"],
    ["by options over many lines", 'it(\n  "b",\n  {\n    fails: true,\n  },\n  run,\n);', "b"],
    ["by a chained name", 'it.fails("b", run);', "b"],
    ["by one of jest's", 'test.concurrent.failing("b", run);', "b"],
    ["by a key", 'it["fails"]("b", run);', "b"],
    ["under another name", 'check.fails(\n  "b", run);', "b"],
    ["for each row", 'it.fails.each([[1, ")"], [2, "x"]])("adds %i", run);', "adds 2"],
    ["for each row of a table", "it.failing.each`a | b\n${1} | ${2}\n`('adds $a', run);", "adds 1"],
    ["of its suite", 'describe("s", { expectFailure: true }, () => {\n  it("b", run);\n});', "s > b"],
    ["again under the same name", 'it.fails("b", run);', "b > #2"],
  ])("%s", (_way, text, identity) => {
    expect(says(text, identity)).toBe(true);
  });
});

describe("a text does not say so", () => {
  test.each<[why: string, text: string]>([
    ["when another test is marked", 'it.fails("c", run);\nit("b", run);'],
    ["when its name is part of one that is", 'it.fails("bb", run);'],
    ["when a comment does", '// it.fails("b", run);\nit("b", run);'],
    ["when the option is off", 'test("b", { expectFailure: false }, run);'],
    ["when its name holds the word", 'it("b", run);\nit("fails", run);'],
    ["when its data do", 'it("b", () => expect(report).toEqual({ fails: true }));\n'],
    ["when the name is not there", "it.fails(name, run);"],
    ["when the name is nothing but parameters", 'it.fails.each(rows)("%s", run);'],
  ])("%s", (_why, text) => {
    expect(says(text, "b")).toBe(false);
  });
});
