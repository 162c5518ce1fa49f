import type { Finding } from "@phasegate/wire";
import { expect, test } from "vitest";
import { storyInTdd } from "../testing/stories.ts";
import { withVisit } from "./gate-visits.ts";

const finding = (check: string, severity: Finding["severity"] = "warning", message = check): Finding => ({
  check,
  severity,
  message,
  source: "evidence",
  rule: null,
});

test("what the last visit of a phase found stands for it; a way back takes nothing away", () => {
  const { task } = storyInTdd();
  const first = { ...task, gateVisits: withVisit(task, [finding("weak_red")], "forward") };
  const back = { ...first, phase: "IMPL", entry: 3, gateVisits: withVisit({ ...first, phase: "IMPL" }, [], "rework") };
  expect(back.gateVisits.map(({ phase, entry }) => [phase, entry])).toEqual([["TDD", 2]]);
  const again = { ...back, phase: "TDD", entry: 4 };
  expect(withVisit(again, [finding("flaky"), finding("weak_red")], "rework").map(({ entry }) => entry)).toEqual([2, 4]);
  expect(withVisit(again, [finding("flaky")], "forward")).toEqual([
    { phase: "TDD", entry: 4, findings: [finding("flaky")], total: 1 },
  ]);
  expect(withVisit(again, [], "forward")).toEqual([]);
});

test("no number of findings hides one of another check, and what is left out is counted", () => {
  const { task } = storyInTdd();
  const many = Array.from({ length: 200 }, (_, index) => finding("noise", "warning", `noise ${index}`));
  const [visit] = withVisit(task, [...many, finding("note", "info"), finding("removed_tests")], "forward");
  expect(visit).toMatchObject({ total: 202 });
  expect(visit?.findings).toHaveLength(60);
  expect(visit?.findings.slice(0, 2).map(({ check }) => check)).toEqual(["noise", "removed_tests"]);
});
