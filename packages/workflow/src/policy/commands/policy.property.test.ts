import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCommandPolicy } from "./policy.ts";

function policy(lists: { allowed?: string[]; forbidden?: string[] }) {
  const forbidden = lists.forbidden ?? [];
  return compileCommandPolicy({
    phase: "TDD",
    allowed: lists.allowed ?? null,
    forbidden,
    rules: { allowed: "w.yaml:9:7", forbidden: forbidden.map((_, index) => `w.yaml:${20 + index}:9`) },
  });
}

const listing = policy({ allowed: ["npm test", "npx vitest", "pytest"] });
const forbidding = policy({ forbidden: ["git commit", "git push", "rm -rf", "npm publish", "sudo", "curl"] });
const both = policy({ allowed: ["npm test", "git"], forbidden: ["git commit", "git push --force"] });

const outcome = (rules: ReturnType<typeof policy>, command: string) =>
  rules.judgeCommand(command).allowed ? "allowed" : "denied";

describe("hostile input", () => {
  test("nesting is bounded and denied", () => {
    expect(outcome(listing, `${"(".repeat(500)}npm test${")".repeat(500)}`)).toBe("denied");
    expect(outcome(listing, `${"$(".repeat(2000)}npm test${")".repeat(2000)}`)).toBe("denied");
    let nested = "npm test";
    for (let depth = 0; depth < 12; depth++) nested = `bash -c ${quoteOnce(nested)}`;
    expect(outcome(listing, nested)).toBe("denied");
    expect(outcome(forbidding, "nohup ".repeat(100) + "git commit")).toBe("denied");
  });

  test("a shell within a shell is followed to a bound, and denied beyond it", () => {
    expect(outcome(listing, `${"eval ".repeat(8)}npm test`)).toBe("allowed");
    expect(outcome(listing, `${"eval ".repeat(9)}npm test`)).toBe("denied");
  });

  test("many words that may be commands are denied, not tried one by one", () => {
    expect(outcome(forbidding, `npx ${"git ".repeat(15_000)}`)).toBe("denied");
    expect(outcome(forbidding, `npx eslint ${"git ".repeat(20)}`)).toBe("allowed");
  });

  test("any text gets a verdict", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        expect(["allowed", "denied"]).toContain(outcome(both, text));
      }),
      { numRuns: 300 },
    );
  });
});

describe("no wrapping makes a forbidden command allowed", () => {
  const forbiddenCommands = [
    "git commit -m x",
    "git -C . commit",
    "rm -rf build",
    "rm -f -r build",
    "npm publish",
    "sudo ls",
  ];
  const wrappers: ((command: string) => string)[] = [
    (command) => `env ${command}`,
    (command) => `env A=1 B=2 ${command}`,
    (command) => `timeout 5 ${command}`,
    (command) => `nohup ${command}`,
    (command) => `nice -n 5 ${command}`,
    (command) => `stdbuf -oL ${command}`,
    (command) => `setsid ${command}`,
    (command) => `command ${command}`,
    (command) => `exec ${command}`,
    (command) => `xargs ${command}`,
    (command) => `find . -exec ${command} ;`.replace(/;$/u, "\\;"),
    (command) => `bash -c ${quoteOnce(command)}`,
    (command) => `sh -ec ${quoteOnce(command)}`,
    (command) => `eval ${quoteOnce(command)}`,
    (command) => `echo $( ${command} )`,
    (command) => `( ${command} )`,
    (command) => `if true; then ${command}; fi`,
    (command) => `true && ${command}`,
    (command) => `ls | ${command}`,
    (command) => `f() { ${command}; }; f`,
    (command) => `bash <<'END_OF_IT'\n${command}\nEND_OF_IT`,
    (command) => `A=1 ${command}`,
    (command) => `${command} > /dev/null 2>&1 &`,
    (command) => `npx -c ${quoteOnce(command)}`,
    (command) => `strace ${command}`,
  ];
  const simpleOnly = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 21, 24]);

  test("through any chain of wrappers", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...forbiddenCommands),
        fc.array(fc.nat({ max: wrappers.length - 1 }), { maxLength: 4 }),
        fc.array(fc.constantFrom("plain", "single", "double", "split", "escape"), { minLength: 8, maxLength: 8 }),
        (command, chain, quoting) => {
          let text = command
            .split(" ")
            .map((word, index) => disguise(word, quoting[index % quoting.length]!))
            .join(" ");
          let isSimple = true;
          for (const index of chain) {
            // A wrapper of words takes a simple command only.
            if (simpleOnly.has(index) && !isSimple) text = `bash -c ${quoteOnce(text)}`;
            text = wrappers[index]!(text);
            isSimple = (simpleOnly.has(index) && index !== 21) || index === 11 || index === 12;
          }
          expect(`${outcome(forbidding, text)}: ${text}`).toBe(`denied: ${text}`);
          expect(outcome(listing, text)).toBe("denied");
        },
      ),
      { numRuns: 300 },
    );
  });
});

function quoteOnce(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function disguise(word: string, how: string): string {
  switch (how) {
    case "single":
      return `'${word}'`;
    case "double":
      return `"${word}"`;
    case "split":
      return `${word.slice(0, 1)}""${word.slice(1)}`;
    case "escape":
      return `\\${word}`;
    default:
      return word;
  }
}
