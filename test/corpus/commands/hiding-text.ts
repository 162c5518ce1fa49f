import * as fc from "fast-check";

/** What opens and what closes a part of a text that a shell reads by rules of its own. */
const brackets = fc.constantFrom<[string, string]>(
  ["", ""],
  ["$((1+", "))"],
  ["$[1+", "]"],
  ["((x=", "))"],
  ["${x:-", "}"],
  ["${x#", "}"],
  ["${x/", "/y}"],
  ["${x:", "}"],
  ["${!x", "}"],
  ["${a[", "]}"],
  ["a[", "]=1"],
  ["a=(", ")"],
  ["[[ a == ", " ]]"],
  ["[[ a =~ ", " ]]"],
  ["for ((i=", "; i<1; i++)); do alpha; done"],
  ["for i in ", "; do alpha; done"],
  ["case a in ", ") alpha;; esac"],
  ["f() { alpha ", "; }; f"],
  ["<<E\n", "\nE\n"],
  ["<<-'E'\n", "\n\tE\n"],
  ["<<<", ""],
  ["{fd}>", ""],
  ["2>", ""],
  ["`alpha ", "`"],
  ["$(alpha ", ")"],
  ["<(alpha ", ")"],
  ["@(", ")"],
  ["eval ", ""],
);

const quoted = fc
  .tuple(brackets, fc.constantFrom("", "", '"', "$'", "'"))
  .map(([[open, close], quote]): [string, string] => [`${quote}${open}`, `${close}${quote.slice(-1)}`]);

const plainSigns = Array.from("$$''\"\"\\\\`# {()}[]a\n!;&|*?=~");
const longSigns = [
  " #",
  "$'",
  '$"',
  "<(",
  "$$",
  "${x}",
  "$(",
  "$((",
  "<<E\n",
  "\nE\n",
  "@(",
  "$#",
  "${#",
  "${x#",
  "$x",
];

/** Signs at which readers of a shell text may part. */
const signs = fc
  .array(fc.constantFrom(...plainSigns, ...longSigns), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(""));

const ends = fc
  .array(fc.constantFrom("'", '"', " ", "\\", " # '", ' # "', "\nE\n", "`", ")", "}", "))", "]"), { maxLength: 4 })
  .map((parts) => parts.join(""));

/** `omega` stands behind signs in brackets: who ends these later than bash does takes it for text. */
export const hidingText: fc.Arbitrary<string> = fc
  .tuple(quoted, brackets, signs, fc.constantFrom("\nomega\n", "; omega ", "\nomega #"), ends)
  .map(([outer, inner, hidden, run, end]) => `alpha ${outer[0]}${inner[0]}${hidden}${inner[1]}${outer[1]}${run}${end}`);
