import { expect, test } from "vitest";
import { disguiseOf, unseenIn } from "./disguised-text.ts";

test.each([
  [
    "# Wire encoding: u7\n# CHECK-ID +AAoA-\n",
    "text in the encoding `u7`, in which it reads otherwise than it is shown",
  ],
  [
    "#!/usr/bin/python3\n# -*- coding: hz -*-\n",
    "text in the encoding `hz`, in which it reads otherwise than it is shown",
  ],
  [
    "# vim: set fileencoding=unicode_escape :\n",
    "text in the encoding `unicode_escape`, in which it reads otherwise than it is shown",
  ],
  ["const a = /^\u001b];/;return//\u0007$/;\n", "text with the control character U+001B"],
  ["const \u0440rice = 1;\n", "text in which `\u0440rice` has a letter that looks like another (U+0440)"],
  [
    "let \u0440\u0430\u0441 = 1; let pac = 2;\n",
    "text in which `\u0440\u0430\u0441` has a letter that looks like another (U+0440)",
  ],
  ["let \uff50rice = 1;\n", "text in which `\uff50rice` has a letter that looks like another (U+FF50)"],
  ["let t\u03bftal = 1;\n", "text in which `t\u03bftal` has a letter that looks like another (U+03BF)"],
])("%j is named", (text, named) => {
  expect(disguiseOf(text)).toBe(named);
});

test.each([
  "# -*- coding: utf-8 -*-\nprint('Gr\u00fc\u00dfe')\n",
  "# -*- coding: latin-1 -*-\n",
  "#!/bin/sh\n# vim: set fileencoding=UTF-8 :\n",
  "# one\n# two\n# the third line may say coding: hz\n",
  "// Summe \u0394x in \u03bcs, \u03b1Beta, \u03c32 and \u03c0r\u00b2\n",
  "// \u041f\u0440\u043e\u0432\u0435\u0440\u043a\u0430 IPv4-\u0430\u0434\u0440\u0435\u0441\u0430, \u043e\u0441\u0430\n",
  "const greeting = '\u4e16\u754cHello \u3053\u3093\u306b\u3061\u306f';\n",
  "\tif (a) {\r\n\fb();\r\n}\n",
  "const fox = '\u{1f98a}';\n",
  "",
])("%j is as it looks", (text) => {
  expect(disguiseOf(text)).toBeNull();
});

test.each([
  ["// harmless\rrun();\n", "text with a line end that is not shown (U+000D)"],
  ["// harmless\u2028run();\n", "text with a line end that is not shown (U+2028)"],
  ["'user\u202e \u2066// only admin\u2069 \u2066'\n", "text that is shown in another order than it is read (U+202E)"],
  ["const { a,\u3164} = q;\n", "text with a character that nobody sees (U+3164)"],
  ["const pri\u200bce = 1;\n", "text with a character that nobody sees (U+200B)"],
  ["const pri\u200dce = 1;\n", "text with a character that nobody sees (U+200D)"],
  ["eval(read('a\u{e0101}'));\n", "text with a character that nobody sees (U+E0101)"],
  ["eval(read('a\u{e0061}'));\n", "text with a character that nobody sees (U+E0061)"],
  [`const a = 1;${" ".repeat(4_900)}run();\n`, "text with code behind hundreds of blanks"],
])("%j holds what nobody sees", (text, named) => {
  expect(unseenIn(text)).toBe(named);
});

test.each([
  "\ufeffusing System;\r\nvar a = 1;\r\n",
  "broken conversion\r\r\n",
  "const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', heart = '\u2764\ufe0f', text = '\u2600\ufe0e';\n",
  "const flag = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}';\n",
  "const name = '\u8fbb\u{e0100}', word = '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645', greeting = '\u0645\u0631\u062d\u0628\u0627';\n",
  "const price = `10\u00a0\u20ac`, hyphen = 'Donau\u00addampf';\n",
  `a${" ".repeat(200)}// aligned\nb${" ".repeat(900)}\n`,
])("%j holds nothing of the kind", (text) => {
  expect(unseenIn(text)).toBeNull();
});
