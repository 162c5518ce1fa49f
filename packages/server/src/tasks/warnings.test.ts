import type { ApprovalState, GateVisit } from "@phasegate/engine";
import type { Finding } from "@phasegate/wire";
import { expect, test } from "vitest";
import { warningsOf, warningsOfApproval } from "./warnings.ts";

const finding = (message: string): Finding => ({
  check: "rewritten_tests",
  severity: "warning",
  message,
  source: "evidence",
  rule: null,
});
const visit = (phase: string, entry: number, ...messages: string[]): GateVisit => ({
  phase,
  entry,
  findings: messages.map(finding),
  total: messages.length,
});
const told = ({ found, total }: ReturnType<typeof warningsOf>): unknown => [
  total,
  found.map(({ phase, message }) => [phase, message]),
];

test("what several gates found is told once, with the newest of them", () => {
  const gateVisits = [visit("TDD", 2, "a", "b"), visit("IMPL", 3, "a", "c")];
  expect(told(warningsOf({ gateVisits }))).toEqual([
    3,
    [
      ["IMPL", "a"],
      ["IMPL", "c"],
      ["TDD", "b"],
    ],
  ]);
});

test("of files that are left out of the tree an approver is told those that the gate that asks left out", () => {
  const leftOut = "left out of the tree, since no phase may write it: `a.lock`";
  const gateVisits = [visit("TDD", 2, leftOut, "a"), visit("IMPL", 3, "a", "b")];
  const approval = { phase: "REVIEW", entry: 4, findings: [finding("b")] } as unknown as ApprovalState;
  expect(told(warningsOfApproval({ gateVisits }, approval))).toEqual([
    2,
    [
      ["REVIEW", "b"],
      ["IMPL", "a"],
    ],
  ]);
});
