import { expect, test } from "vitest";
import { printable } from "./io.ts";

test("text of others cannot move the cursor, recolour, add lines or turn the reading direction", () => {
  expect(printable("a\u001b[2Kb\u001b]0;title\u0007c")).toBe("abc");
  expect(printable("one\r\ntwo\u0008\u202e")).toBe("one\\x0d\\ntwo\\x08\\x202e");
  expect(printable("a\u061cb\u200bc\u2028d\ufeffe\u009b2J")).toBe("a\\x61cb\\x200bc\\x2028d\\xfeffe");
  expect(printable("Grüße, 世界 🦊")).toBe("Grüße, 世界 🦊");
});
