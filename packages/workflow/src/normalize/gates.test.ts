import { expect, test } from "vitest";
import { compileWorkflow } from "../compile/compile-workflow.ts";
import { loadWorkflow } from "../load-workflow.ts";

function load(gate: string) {
  const text = `name: x
evidence: { tests: { preset: node } }
phases:
  - { id: IMPL, tools: [edit], write: ["**"], gate: ${gate} }
  - { id: DONE, tools: [read] }
`;
  return loadWorkflow({ file: "w.yaml", text, resolve: () => null });
}

test("a check of a short gate holds its severity", () => {
  expect(load("[green, { base_tests: { severity: warning } }]")).toMatchObject({ ok: true });
});

test("a check that a short gate names twice, or that a word of it brings, is judged once", () => {
  const outcome = load("[{ reviews: [general] }, no_blocking_issues, no_blocking_issues, { green: {} }]");
  const exits = outcome.ok ? compileWorkflow(outcome.stored).phases.get("IMPL")?.exits : undefined;
  const gates = exits?.find(({ kind }) => kind !== "rework")?.gates ?? [];
  expect(gates.flatMap(({ checks }) => checks.map(({ definition }) => definition.name))).toEqual([
    "all_review_models_completed",
    "no_blocking_issues",
    "all_tests_pass",
  ]);
});

test("keys of a long gate in a short one are refused, with the way to say it there", () => {
  const outcome = load("[green, { check: base_tests, severity: warning }]");
  expect(outcome.ok ? [] : outcome.diagnostics.map(({ message, hint }) => [message, hint])).toEqual(
    ["check", "severity"].map((key) => [
      `\`${key}\` must be a map of its parameters`,
      "in a short gate the check is the key, and holds its severity: `{ green: { severity: warning } }`",
    ]),
  );
  const other = load("[{ green: 4 }]");
  expect(other.ok ? [] : other.diagnostics.map(({ hint }) => hint)).toEqual(["leave it empty for none"]);
});
