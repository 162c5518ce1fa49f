import { expect, test } from "vitest";
import { isPlainSnapshot } from "./plain-snapshot.ts";

const header = "// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html\n\n";
const stored = 'exports[`page > of 2 1`] = `\n"<p>\\`a\\` costs \\${2} $3 \\\\</p>"\n`;\n';

test.each([
  ["nothing", ""],
  ["a header alone", header],
  ["two values, with escapes and dollars", `${header}${stored}\n${stored.replace("of 2 1", "of 2 2")}`],
  ["a value of a thousand lines", `exports[\`list 1\`] = \`${"<li/>\n".repeat(1_000)}\`;`],
])("%s is plain", (_, text) => {
  expect(isPlainSnapshot(text)).toBe(true);
});

test.each([
  ["a substitution in a value", "exports[`a 1`] = `<li>${(() => 1)()}</li>`;"],
  ["a substitution in a name", "exports[`a ${1}`] = `b`;"],
  ["a statement", `${stored}Object.is = () => true;`],
  ["a call behind a value", "exports[`a 1`] = `b`.trim();"],
  ["a tag", "exports[`a 1`] = String.raw`b`;"],
  ["a sum", "exports[`a 1`] = `b` + evil;"],
  ["another target", "globalThis[`a 1`] = `b`;"],
  ["a comment that goes on", `/* ${stored} */`],
  ["a line that ends at another line end", "// a\u2028Object.is = () => true;\n"],
  ["a value without its end", "exports[`a 1`] = `b"],
  ["two values of one name, the last of which counts", `${stored}${stored.replace("costs", "is")}`],
  ["half a statement", "exports[`a 1`]"],
])("%s is not plain", (_, text) => {
  expect(isPlainSnapshot(text)).toBe(false);
});
