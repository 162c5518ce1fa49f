import { expect, it } from "vitest";
import { claimedStory, filesWith } from "../testing/stories.ts";
import { workflowOf } from "../testing/workflow.ts";

it("says how many changed files were not looked into, where others were", () => {
  const story = claimedStory(workflowOf({ phases: [{ id: "A", write: ["src/"] }, { id: "B" }] }));
  story.files = filesWith(story, { "src/a.ts": "1", "src/b.ts": "2", "src/c.so": "3" });
  const tree = story.treeNow();
  const sample = { head: "2f2f", isText: true, longestLine: 1, disguise: null };
  const told = (samples: Record<string, typeof sample>): readonly string[] => {
    const entries = Object.entries(tree.differences).map(([from, one]) => [from, { ...one, samples }] as const);
    const facts = { tree: { ...tree, differences: Object.fromEntries(entries) }, artifacts: {} };
    story.transition("B", { facts });
    const findings = story.last?.findings ?? [];
    return findings.flatMap(({ check, message }) => (check === "unreadable_code" ? [message] : []));
  };
  expect(told({ "src/a.ts": sample })).toEqual([
    expect.stringContaining("src/c.so"),
    "not looked into, so that only their names were judged: 2 files more",
  ]);
});
