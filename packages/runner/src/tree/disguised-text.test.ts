import { expect, test } from "vitest";
import { disguiseOf } from "./disguised-text.ts";

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
