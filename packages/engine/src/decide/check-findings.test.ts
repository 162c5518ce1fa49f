import type { CheckOutcome } from "@phasegate/workflow";
import { expect, it } from "vitest";
import { checkOf, gateOf } from "../testing/checks.ts";
import { phases, storyInImpl } from "../testing/stories.ts";
import { workflowOf } from "../testing/workflow.ts";

const findings: NonNullable<CheckOutcome["findings"]> = [
  { name: "weak_red", severity: "warning", message: "no test executes what changed" },
  { name: "failed_on_base", severity: "info", message: "fails still" },
];

function decide(outcome: CheckOutcome) {
  const check = checkOf({ name: "green", needs: ["tree"], judge: () => outcome });
  const impl = { ...phases.impl, gates: [gateOf("green", check)] };
  const story = storyInImpl(workflowOf({ phases: [phases.plan, phases.tdd, impl, phases.done] }));
  const decision = story.transition("DONE");
  return {
    effect: decision.effect,
    warnings: decision.warnings.map(({ message }) => message),
    named: (decision.findings ?? []).map(({ check: name, severity }) => `${severity} ${name}`),
    kept: story.task.findings.map(({ check: name }) => name),
  };
}

it("what a check saw besides its verdict goes with the answer and stays with the task, and blocks nothing", () => {
  expect(decide({ passed: true, findings })).toEqual({
    effect: "allow",
    warnings: ["no test executes what changed"],
    named: ["warning weak_red", "info failed_on_base"],
    kept: ["weak_red", "failed_on_base"],
  });
});

it("what a check saw besides a refusal is named beside it", () => {
  expect(decide({ passed: false, message: "a test fails", findings })).toMatchObject({
    effect: "deny",
    named: ["blocking green", "warning weak_red", "info failed_on_base"],
  });
});

it("what a check may leave to another is told by one that stops the same gate, on facts", () => {
  const beside: string[][] = [];
  const look = (name: string, options: Partial<Parameters<typeof checkOf>[0]> = {}) =>
    checkOf({
      name,
      needs: ["tree"],
      judge: (input) => {
        beside.push([...(input.beside ?? [])]);
        return { passed: true };
      },
      ...options,
    });
  const first = gateOf("first", look("stops"), look("warns", { severity: "warning" }), look("stops_too"));
  const impl = { ...phases.impl, gates: [first, gateOf("second", look("alone"))] };
  storyInImpl(workflowOf({ phases: [phases.plan, phases.tdd, impl, phases.done] })).transition("DONE");
  expect(beside).toEqual([["stops", "stops_too"], ["stops", "stops_too"], ["stops", "stops_too"], ["alone"]]);
});
