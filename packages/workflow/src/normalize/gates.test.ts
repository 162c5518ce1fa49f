import { expect, test } from "vitest";
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
