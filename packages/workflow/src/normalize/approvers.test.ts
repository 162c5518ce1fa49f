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

const older = (approvers: string) =>
  load(
    `name: x\nphases:\n  - id: A\n    name: A\n    allowed_tools: [read_files]\n    gates:\n      - { id: g, type: approval, approvers: ${approvers} }\n  - { id: B, name: B, allowed_tools: [read_files] }\n`,
  );

test("in an older file an approver that nobody can be is passed over with a warning where another is named", () => {
  const outcome = older("[security_team, human]");
  expect(outcome.ok && outcome.warnings.filter(({ code }) => code === "no-effect")).toMatchObject([
    {
      code: "no-effect",
      place: "w.yaml:7:46",
      message: "nobody can be the approver `security_team`; the others are asked",
    },
  ]);
  expect(
    outcome.ok && outcome.stored.normalized.transitions[0]?.gates[0]?.checks[0]?.parameters["approvers"],
  ).toContain("human");
});

test("in an older file too, approvers that nobody can be are refused where no other is named", () => {
  const outcome = older("[security_team]");
  expect(outcome.ok ? [] : outcome.diagnostics).toMatchObject([{ code: "unknown-approver", place: "w.yaml:7:46" }]);
});
