import { loadWorkflow } from "@phasegate/workflow";
import { expect, test } from "vitest";
import { unnamedTests } from "./unnamed-tests.ts";

function warned(tracked: readonly string[], { section = "", gate = "red" } = {}): readonly string[] {
  const text = `name: till
paths: { tests: ["t/**"], source: ["lib/**"] }
evidence: { tests: { command: prove t, format: tap } }
${section}phases:
  - { id: TDD, tools: [read, edit], write: [$tests], freeze: [$tests, "Makefile"], gate: ${gate} }
  - { id: IMPL, tools: [read, edit], write: [$source], gate: green }
  - { id: COMPLETE, tools: [read] }
`;
  const loaded = loadWorkflow({ file: "w.yaml", text, resolve: () => null });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return unnamedTests(tracked, loaded.stored).map(({ place, message }) => `${place} ${message}`);
}

test("a phase whose tests are named unlike tests is warned of where it names them", () => {
  expect(warned(["lib/Till.pm", "t/till.t", "Makefile"])).toEqual([
    "w.yaml:2:18 phase `TDD` is to write tests, and `t/till.t` is none by `workspace.test_patterns`",
  ]);
});

test.each([
  ["the patterns match them", ["t/till.t"], { section: 'workspace: { test_patterns: ["t/**/*.t"] }\n' }],
  ["one file of many is a test", ["t/data.json", "t/till.test.js"], {}],
  ["there is no file yet", ["lib/Till.pm"], {}],
  ["its gate asks for no test", ["t/till.t"], { gate: "has_files_changed" }],
])("nothing is said where %s", (_name, tracked, options) => {
  expect(warned(tracked, options)).toEqual([]);
});
