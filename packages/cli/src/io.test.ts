import { expect, test } from "vitest";
import { printable } from "./io.ts";

test("text of others cannot move the cursor, recolour, add lines or turn the reading direction", () => {
  expect(printable("a\u001b[2Kb\u001b]0;title\u0007c")).toBe("a\\x1b[2Kb\\x1b]0;title\\x07c");
  expect(printable("one\r\ntwo\u0008\u202e")).toBe("one\\x0d\\ntwo\\x08\\u{202e}");
  expect(printable("a\u061cb\u200bc\u2028d\ufeffe\u009b2J")).toBe("a\\u{61c}b\\u{200b}c\\u{2028}d\\u{feff}e\\x9b2J");
  expect(printable("so\u00adft\u{e0041} \ufe0f\ttab")).toBe("so\\xadft\\u{e0041} \\u{fe0f}\ttab");
  expect(printable("a\u2800b")).toBe("a\\u{2800}b");
  expect(printable("Grüße, 世界 🦊")).toBe("Grüße, 世界 🦊");
});

test("code between control sequences is shown: a terminal would hide it, a program runs it", () => {
  const line = "/^[0-9]+\u001b];/;return//\u0007$/";
  expect(printable(line)).toBe("/^[0-9]+\\x1b];/;return//\\x07$/");
  expect(printable('"guest\u001b[m"')).toBe('"guest\\x1b[m"');
});
