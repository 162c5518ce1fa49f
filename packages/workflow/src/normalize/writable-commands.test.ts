import { describe, expect, test } from "vitest";
import { loadWorkflow } from "../load-workflow.ts";

const load = (text: string) => loadWorkflow({ file: "w.yaml", text, resolve: () => null });

function warningsOf(text: string): readonly string[] {
  const outcome = load(text);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return outcome.warnings
    .filter(({ code }) => code === "writable-command")
    .map(({ place, message }) => `${place} ${message}`);
}

/** TDD, then IMPL, whose gate runs `npm test`. */
const twoPhases = ({ write, freeze = "", forbidden = "" }: { write: string; freeze?: string; forbidden?: string }) => `
name: x
paths: { tests: ["test/**"] }
evidence:
  tests: { command: npm test, format: tap }
phases:
  - { id: TDD, tools: [read, edit], write: ["test/**"]${freeze}, gate: red }
  - { id: IMPL, tools: [read, edit], write: ${write}${forbidden}, gate: green }
  - { id: COMPLETE, tools: [read] }
`;

describe("a gate that believes a command", () => {
  test("which the agent itself may define is warned of where the command stands", () => {
    expect(warningsOf(twoPhases({ write: '["src/**", package.json]' }))).toEqual([
      "w.yaml:5:21 `npm test` does what `package.json#/scripts` says, which phase `IMPL` may write",
    ]);
  });

  test("says what to do", () => {
    const outcome = load(twoPhases({ write: '["**"]' }));
    expect(outcome.ok && outcome.warnings).toContainEqual({
      severity: "warning",
      code: "writable-command",
      place: "w.yaml:5:21",
      message: "`npm test` does what `package.json#/scripts` says, which phase `IMPL` may write",
      hint: "freeze `package.json#/scripts` in an earlier phase, or keep it out of what the phases may write",
    });
  });

  test.each([
    ["its definition is frozen before", { write: '["**"]', freeze: ', freeze: ["package.json#/scripts"]' }],
    ["the whole file is frozen before", { write: '["**"]', freeze: ", freeze: [package.json]" }],
    [
      "the definition is forbidden",
      {
        write: '["**"]',
        forbidden: ', tool_constraints: { write_files: { forbidden_patterns: ["package.json#/scripts"] } }',
      },
    ],
    ["another part of the file may be written", { write: '["package.json#/dependencies"]' }],
    ["the file may not be written", { write: '["src/**"]' }],
  ])("is not warned of where %s", (_, options) => {
    expect(warningsOf(twoPhases(options))).toEqual([]);
  });

  test("is not warned of where the phase that may define it fixes it itself", () => {
    const text = twoPhases({ write: '["src/**"]', freeze: ", freeze: [package.json]" });
    expect(warningsOf(text.replace('write: ["test/**"]', 'write: ["test/**", package.json]'))).toEqual([]);
  });

  test("which an earlier phase may define and nothing fixes is warned of", () => {
    const text = twoPhases({ write: '["src/**"]' }).replace('write: ["test/**"]', 'write: ["test/**", package.json]');
    expect(warningsOf(text)).toEqual([
      "w.yaml:5:21 `npm test` does what `package.json#/scripts` says, which phase `TDD` may write",
    ]);
  });

  test.each([
    ["make check", "Makefile"],
    ["make -C tools check", "tools/Makefile"],
    ["just test", "justfile"],
    ["tox -q", "tox.ini"],
    ["CI=1 pnpm run check", "package.json#/scripts"],
    ["cd web && yarn test", "web/package.json#/scripts"],
    ["npm ci && npm run lint", "package.json#/scripts"],
    ["npm --prefix web test", "web/package.json#/scripts"],
    ["./gradlew test", "build.gradle"],
    ["cargo test", ".cargo/config.toml"],
    ["sh scripts/check.sh", "scripts/check.sh"],
    ["./check", "check"],
  ])("such as `%s` is warned of while `%s` may be written", (run, definition) => {
    const file = definition.split("#")[0]!;
    const workflow = (write: string) =>
      `name: x\nphases:\n  - { id: A, tools: [edit], write: ["${write}"], gate: [{ command: { run: "${run}" } }] }\n  - { id: B, tools: [read] }\n`;
    expect(warningsOf(workflow(file))).toEqual([
      `w.yaml:3:${String(51 + file.length)} \`${run}\` does what \`${definition}\` says, which phase \`A\` may write`,
    ]);
    expect(warningsOf(workflow("src/**"))).toEqual([]);
  });

  test.each(["npm ci", "npm install", "npx tsc --noEmit", "cargo --version", "node --test", "test -f x", "bun test"])(
    "such as `%s`, which no script defines, is not warned of",
    (run) => {
      const text = `name: x\nphases:\n  - { id: A, tools: [edit], write: [package.json], gate: [{ command: "${run}" }] }\n  - { id: B, tools: [read] }\n`;
      expect(warningsOf(text)).toEqual([]);
    },
  );

  test.each(["phasegate/strict@1", "phasegate/strict@2", "phasegate/confined@1"])(
    "is not warned of in the preset `%s`",
    (preset) => {
      expect(warningsOf(`name: x\nextends: ${preset}\n`)).toEqual([]);
    },
  );
});
