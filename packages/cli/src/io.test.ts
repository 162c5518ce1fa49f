import { expect, test } from "vitest";
import { printable } from "./io.ts";

test("text of others cannot move the cursor, recolour, add lines or turn the reading direction", () => {
  expect(printable("a\u001b[2Kb\u001b]0;title\u0007c")).toBe("abc");
  expect(printable("one\r\ntwo\u0008\u202e")).toBe("one\\x0d\\ntwo\\x08\\u{202e}");
  expect(printable("a\u061cb\u200bc\u2028d\ufeffe\u009b2J")).toBe("a\\u{61c}b\\u{200b}c\\u{2028}d\\u{feff}e");
  expect(printable("so\u00adft\u{e0041} \ufe0f\ttab")).toBe("so\\xadft\\u{e0041} \\u{fe0f}\ttab");
  expect(printable("Grüße, 世界 🦊")).toBe("Grüße, 世界 🦊");
});
