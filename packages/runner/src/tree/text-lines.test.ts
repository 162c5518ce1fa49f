import { expect, test } from "vitest";
import { hasScript, longestLineOfCode } from "./text-lines.ts";

const base64 = "iVBORw0KGgo+/AbC".repeat(500);
const longest = (text: string) => longestLineOfCode(Buffer.from(text));

test("the longest line counts, with and without an end", () => {
  expect(longest("")).toBe(0);
  expect(longest("a\nabc\nab")).toBe(3);
  expect(longest(`a\n${"x();".repeat(2000)}`)).toBe(8000);
});

test.each([
  ["Base64 alone", `${base64}==`],
  ["hexadecimal digits in a header", `  const key = "${"00ff".repeat(2000)}";`],
  ["an image in a style", `  background: "data:image/png;base64,${base64}",`],
  ["a row of a table in code", `  { name: "logo", width: 3, data: '${base64}' },`],
  ["a cell of a table", `| logo | ${base64} |`],
  ["an address", `  url: "https://example.com/${"path/".repeat(2000)}?a=b&c=%20",`],
  ["a key of JSON", `  "integrity": "${base64}",`],
])("%s is a stored text and no code", (_, line) => {
  expect(longest(`ab\n${line}\nabc`)).toBe(3);
});

test.each([
  ["statements", "a=1;".repeat(2000)],
  ["a text that is run", `eval(atob("${base64}"))`],
  ["a call in front of a text", `go(), x = "${base64}"`],
  ["a statement behind a text", `const x = "${base64}"; process.exit(0)`],
  ["a command behind a text", `x="${base64}"; ./run`],
  ["a substitution in a text", `x="${base64}$(./run)${base64}"`],
  ["a text that a quote ends in between", `x = "${base64}" + go("${base64}")`],
  ["brackets alone", "[][(![]+[])]".repeat(1000)],
  ["a template", `const x = \`${base64}\${go()}\``],
  ["assignments", `key=${"a".repeat(6000)}=assert.equal=assert.ok`],
  ["assignments between quotes", `"${"a".repeat(6000)}=assert.equal=assert.ok"`],
  ["a command between separators", `${base64};./run;${base64}`],
])("%s is code", (_, line) => {
  expect(longest(`ab\n${line}\nabc`)).toBe(Buffer.byteLength(line));
});

test("a hostile line is looked at in linear time", () => {
  const line = `${'"'.repeat(100)}${"a".repeat(250_000)}(`;
  const started = process.threadCpuUsage();
  expect(longest(line)).toBe(line.length);
  expect(process.threadCpuUsage(started).user / 1_000).toBeLessThan(1_000);
});

test.each(["<SCRIPT src=x>", "<p onclick='go()'>", '<a href="javascript:go()">'])("%s runs something", (text) =>
  expect(hasScript(text)).toBe(true),
);

test.each(['<script type="application/ld+json">{}</script>', "<p>on time = good</p>", "<path d='M0'/>"])(
  "%s does not",
  (text) => expect(hasScript(text)).toBe(false),
);
