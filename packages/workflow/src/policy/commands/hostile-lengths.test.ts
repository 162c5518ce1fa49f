import { expect, test } from "vitest";
import { maxCommandLength } from "../../tools/arguments.ts";
import { compileCommandPolicy } from "./policy.ts";

const policy = compileCommandPolicy({
  phase: "TDD",
  allowed: ["ls", "git status", "npm test"],
  forbidden: ["rm", "git push"],
  rules: { allowed: "w.yaml:9:7", forbidden: ["w.yaml:20:9", "w.yaml:21:9"] },
});
const forbidding = compileCommandPolicy({
  phase: "TDD",
  allowed: null,
  forbidden: ["rm", "git push", "curl"],
  rules: { allowed: "w.yaml:9:7", forbidden: ["w.yaml:20:9", "w.yaml:21:9", "w.yaml:22:9"] },
});
const numbered = (count: number, one: (number: number) => string): string =>
  Array.from({ length: count }, (_, number) => one(number)).join("");

// Commands are judged where every request is answered, so a text of the greatest length must not hold that up. Each of
// these took seconds, or would if something in it were looked at once for each of the others.
const maxMs = 1_000;

test.each<[rule: string, text: string, judging?: typeof policy]>([
  ["shells in shells", "eval ".repeat(13_000)],
  ["wrappers", "exec ".repeat(13_000)],
  ["wrappers with operands", "timeout 1 ".repeat(6_500)],
  ["wrappers that assign", "env a=b ".repeat(8_000)],
  ["wrappers that append", "xargs ".repeat(10_900)],
  ["shells without a script", "bash -c ".repeat(8_000)],
  ["variables that hold programs", numbered(4_000, (n) => `a${n}=ls;`) + numbered(2_000, (n) => `$a${n};`)],
  ["values of one variable", `${numbered(3_000, (n) => `a=ls${n};`)}${"$a ".repeat(3_000)}`],
  ["values that rest on another", `a=1;${"b$a;".repeat(12_000)}`],
  ["functions and calls", numbered(3_000, (n) => `f${n}(){ ls; };`) + numbered(3_000, (n) => `f${n};`)],
  ["calls of one function", `f(){ $1 a; };${numbered(6_000, (n) => `f ls${n};`)}`],
  ["here-documents", numbered(3_000, (n) => `cat <<E${n}\nx\nE${n}\n`)],
  ["here-documents on one line", "<<A<<B".repeat(10_900)],
  ["here-documents, each behind a line that does not end", '<<A"\n"'.repeat(9_000)],
  ["here-documents, as many as are read", `cat ${"<<A".repeat(1_000)}`],
  ["commands of `find`", `find . ${"-exec ls {} + ".repeat(4_000)}`],
  ["commands of `find` in each other", "find . -exec ".repeat(4_000)],
  ["substitutions in quotes", `"${"$(ls)".repeat(12_000)}"`],
  ["substitutions in substitutions", `${"$(".repeat(5_000)}ls${")".repeat(5_000)}`],
  ["process substitutions in parameters", `ls ${"${x:-<(a)".repeat(90)}${"$(ls)".repeat(12_000)}${"}".repeat(90)}`],
  ["alternatives", "{a,b}".repeat(12_000)],
  ["sums", `((${"1+".repeat(30_000)}1))`],
  ["loops in loops", `${"for x in a b; do ".repeat(3_000)}$x;${"done;".repeat(3_000)}`],
  ["redirections", `ls ${">a ".repeat(20_000)}`],
  ["assignments before a command", `${"a=1 ".repeat(16_000)}ls`],
  ["words", `ls ${"ab ".repeat(21_000)}`],
  ["commands", "ls&&".repeat(16_000)],
  ["settings of git", `git ${"-c a.b=c ".repeat(7_200)}status`, forbidding],
  ["words of git config", `git ${"config ".repeat(9_300)}`, forbidding],
  ["replacements", `sed '1e;${numbered(20_000, (n) => `s${String.fromCodePoint(0x4e00 + n)}`)};e;'`, forbidding],
  ["replacements that do not end", `sed '1e;${"s/[".repeat(20_000)}'`, forbidding],
])("a command line of the greatest length is judged within a second: %s", (_, text, judging = policy) => {
  // A processor that others use takes longer for the same work now and then, not three times in a row.
  const isFast = [1, 2, 3].some(() => {
    const started = process.threadCpuUsage();
    judging.judgeCommand(text.slice(0, maxCommandLength));
    const { user, system } = process.threadCpuUsage(started);
    return (user + system) / 1_000 < maxMs;
  });
  expect(isFast).toBe(true);
});

test("a program that shifts and prints is written by a here-document as before", () => {
  const lines = numbered(900, (n) => `  std::cout << ${n};\n`);
  expect(policy.judgeCommand(`ls <<'END'\n${lines}END\n`)).toEqual({ allowed: true });
  expect(policy.judgeCommand(`ls <<'END'\n${lines}${lines}END\n`)).toMatchObject({
    allowed: false,
    reason: { message: expect.stringContaining("`<<` stands in it more than 1000 times") },
  });
});

test("what a person would write of many words is still read", () => {
  const files = numbered(2_000, (n) => ` src/module-${n}.ts`);
  expect(policy.judgeCommand(`git status --short --${files}`)).toEqual({ allowed: true });
  expect(policy.judgeCommand(`nohup timeout 60 git status --${files}`)).toEqual({ allowed: true });
  expect(policy.judgeCommand(`f=rm; $f${files}`).allowed).toBe(false);
});
