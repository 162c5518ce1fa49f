import { array, assert, constantFrom, property } from "fast-check";
import picomatch from "picomatch";
import { expect, test } from "vitest";
import { compilePattern } from "./glob-pattern.ts";

const parts = constantFrom("a", "b", "ab", ".env", "a.ts", "b.test.ts", "...", "a b", "(x)", "\u00fc", "[ab]", "a\\b");
const paths = array(parts, { minLength: 1, maxLength: 5 }).map((names) => names.join("/"));
const pieces =
  "* ** **/ / ? a b .ts .test [ab] [!a] {a,b} {a,{b,ab}} {1..3} . @(a|b) +(a|b) *(a|ab) ?(a) [[:alpha:]] \\* ./ a/**/b";
const patterns = array(constantFrom(...pieces.split(" ")), { minLength: 1, maxLength: 6 }).map((some) => some.join(""));

test("a pattern matches what picomatch says it does", () => {
  assert(
    property(patterns, paths, (pattern, path) => {
      let matches: (path: string) => boolean;
      try {
        matches = compilePattern(pattern);
      } catch {
        return;
      }
      expect(matches(path)).toBe(picomatch(pattern, { dot: true, nonegate: true })(path));
    }),
    { numRuns: 3_000 },
  );
});

test.each(["**/*.ts", "src/*", "*.{ts,js}", "**", "a/**/b", "?.ts", "[a-c]*", "@(a|b).ts", "+(a|b)", "x"])(
  "%s can be searched for",
  (pattern) => {
    expect(() => compilePattern(pattern)).not.toThrow();
  },
);

test("what would take time without end is answered or refused at once", () => {
  const started = process.threadCpuUsage();
  expect(compilePattern(`${"*a".repeat(40)}b`)("a".repeat(4_000))).toBe(false);
  expect(compilePattern(`+(a|aa|aaa)+(a|aa)${"+(a|aa)".repeat(12)}b`)("a".repeat(4_000))).toBe(false);
  expect(compilePattern(`${"**/a/".repeat(40)}b`)("a/".repeat(1_000))).toBe(false);
  const { user } = process.threadCpuUsage(started);
  expect(user / 1_000).toBeLessThan(1_000);
});

test("a negation is refused with what to write instead", () => {
  expect(() => compilePattern("src/!(a).ts")).toThrow(expect.objectContaining({ code: "tool_failed" }));
});
