import { expect, test } from "vitest";
import { underline } from "./underline.ts";

const source = "name: shop\nphases:\n  - { id: TDD, write: [$tests] }\n\twide: 1\n";

test("the word at the place is underlined", () => {
  expect(underline(source, 3, 16)).toEqual(["  3 |   - { id: TDD, write: [$tests] }", "    |                ^^^^^"]);
});

test("a tab before the place keeps the underline under its word", () => {
  expect(underline(source, 4, 2)).toEqual(["  4 | \twide: 1", "    | \t^^^^"]);
});

test("a place past the end of the file shows nothing", () => {
  expect(underline(source, 99, 1)).toEqual([]);
});
