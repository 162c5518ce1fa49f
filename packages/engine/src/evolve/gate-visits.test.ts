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

test.each(["forward", "rework"] as const)(
  "what every way out judges anew is told of the last one alone: %s",
  (kind) => {
    const { task } = storyInTdd();
    const leftOut = finding(
      "only_allowed_paths_changed",
      "warning",
      "left out of the tree, since no phase may write it: `a.lock`",
    );
    const forbidden = finding("only_allowed_paths_changed", "warning", "phase `TDD` may not change `src/a.ts`");
    const first = withVisit(task, [leftOut, finding("unreadable_code"), forbidden], "forward");
    const next = withVisit({ ...task, phase: "IMPL", entry: 3, gateVisits: first }, [finding("flaky")], kind);
    expect(next.map(({ findings, total }) => [total, findings])).toEqual([
      [1, [forbidden]],
      [1, [finding("flaky")]],
    ]);
    expect(withVisit({ ...task, gateVisits: withVisit(task, [leftOut], "forward") }, [], "rework")).toEqual([]);
  },
);

test("no number of findings hides one of another check, and what is left out is counted", () => {
  const { task } = storyInTdd();
  const many = Array.from({ length: 200 }, (_, index) => finding("noise", "warning", `noise ${index}`));
  const [visit] = withVisit(task, [...many, finding("note", "info"), finding("removed_tests")], "forward");
  expect(visit).toMatchObject({ total: 202 });
  expect(visit?.findings).toHaveLength(60);
  expect(visit?.findings.slice(0, 2).map(({ check }) => check)).toEqual(["noise", "removed_tests"]);
});
