import { expect, test } from "vitest";
import { loadWorkflow } from "../load-workflow.ts";

const load = (text: string) => loadWorkflow({ file: "w.yaml", text, resolve: () => null });

test.each(["human", "orchestrator", "approver", "reviewer", "operator", "admin", "auditor"])(
  "a gate may name the approver `%s`",
  (name) => {
    expect(load(`name: x\nphases:\n  - { id: A, tools: [read], gate: { approval: ${name} } }\n`).ok).toBe(true);
  },
);

test("an approver that nobody can be is refused with all that there are", () => {
  const outcome = load("name: x\nphases:\n  - { id: A, tools: [read], gate: { approval: everybody } }\n");
  expect(outcome.ok ? [] : outcome.diagnostics).toMatchObject([
    {
      code: "unknown-approver",
      place: "w.yaml:3:47",
      message: "unknown approver `everybody`",
      hint: "known: `human`, `orchestrator`, `reviewer`, `approver`, `operator`, `admin`, `auditor`",
    },
  ]);
});
