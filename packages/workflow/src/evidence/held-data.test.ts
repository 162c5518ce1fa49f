import { expect, test } from "vitest";
import { holdsData } from "./held-data.ts";

const rows = '[\n  { "n": 8, "want": 8 },\n  { "n": 9, "want": 9 }\n]\n';

test.each([
  ["another format", '[{ "n": 8, "want": 8 }, { "want": 9, "n": 9 }]'],
  ["more rows", rows.replace("[\n", '[\n  { "n": 1, "want": 1 },\n')],
  ["more members", rows.replace("8 }", '8, "note": "eight" }')],
])("JSON with %s holds what it held", (_, after) => {
  expect(holdsData("test/rows.json", rows, after)).toBe(true);
});

test.each([
  ["a key once more, which takes the place of the first", rows.replace('"n": 8,', '"n": 8,\n  "n": 1,\n')],
  ["fewer rows", '[{ "n": 8, "want": 8 }]'],
  ["rows in another order", '[{ "n": 9, "want": 9 }, { "n": 8, "want": 8 }]'],
  ["another value", rows.replace("9 }", "7 }")],
  ["another kind of value", '{ "0": { "n": 8, "want": 8 }, "1": { "n": 9, "want": 9 } }'],
  ["no JSON any more", rows.replace('"n": 8', "n: 8")],
])("JSON with %s does not", (_, after) => {
  expect(holdsData("test/rows.json", rows, after)).toBe(false);
});

test("other data is held by its lines, in their order", () => {
  expect(holdsData("test/rows.csv", "8,8\n9,9\n", "1,1\n8,8\n9,9\n")).toBe(true);
  expect(holdsData("test/rows.csv", "8,8\n9,9\n", "9,9\n8,8\n")).toBe(false);
});

test("data that is nested beyond measure holds nothing for sure", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  expect(holdsData("test/deep.json", deep, deep.replace("[]", "[ ]"))).toBe(false);
});
