import { expect, test } from "vitest";
import { printableJson, tabbed } from "./table.ts";

test("no cell adds a column, a line or a colour", () => {
  expect(tabbed(["a\tb\nc", "\u001b[31mred", null, ["x", "\u202ey"]])).toBe("a b\\nc\t\\x1b[31mred\t-\tx, \\u{202e}y");
});

test("JSON that steers no terminal reads back as it was", () => {
  const value = { title: "\u009b2Ja\u202eb\u0007\u2028" };
  expect(printableJson(value)).toBe('{"title":"\\u009b2Ja\\u202eb\\u0007\\u2028"}');
  expect(JSON.parse(printableJson(value))).toEqual(value);
});
