import type { EnforcementMode } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import { gateOf, treeHas } from "./checks.ts";
import { Story } from "./story.ts";
import { filesOf } from "./trees.ts";
import { type PhaseOptions, summaryArtifact, workflowOf } from "./workflow.ts";

const read = ["read_files", "grep"];
const work = [...read, "write_files", "edit_files", "restore_files", "bash"];

export const phases = {
  plan: { id: "PLAN", tools: read, artifacts: [summaryArtifact("plan")] },
  tdd: {
    id: "TDD",
    tools: work,
    write: ["test/"],
    freeze: ["test/"],
    gates: [gateOf("tests", treeHas("test/a.test.ts"))],
    rework: ["PLAN"],
  },
  impl: {
    id: "IMPL",
    tools: work,
    write: ["src/", "test/snap/"],
    gates: [gateOf("code", treeHas("src/a.ts"))],
    rework: ["TDD", "PLAN"],
  },
  done: {
    id: "DONE",
    tools: [...read, "git_commit"],
    artifacts: [summaryArtifact("report", { required: false })],
    rework: ["IMPL"],
  },
} as const satisfies Record<string, PhaseOptions>;

/** PLAN (artifact), TDD (writes and freezes test/), IMPL (writes src/), DONE. */
export function fourPhases(mode: EnforcementMode = "strict"): CompiledWorkflow {
  return workflowOf({ mode, phases: [phases.plan, phases.tdd, phases.impl, phases.done] });
}

/** A task that ada holds in the first phase. */
export function claimedStory(workflow: CompiledWorkflow = fourPhases()): Story {
  const story = new Story(workflow, { files: filesOf({ "src/old.ts": "old", "test/old.test.ts": "old" }) });
  story.create();
  story.claim();
  return story;
}

/** A task that ada holds in TDD, entry 2. */
export function storyInTdd(workflow: CompiledWorkflow = fourPhases()): Story {
  const story = claimedStory(workflow);
  story.transition("TDD", { artifacts: { plan: { summary: "s" } } });
  return story;
}

/** A task that ada holds in IMPL, entry 3, tests frozen. */
export function storyInImpl(workflow: CompiledWorkflow = fourPhases()): Story {
  const story = storyInTdd(workflow);
  story.files = filesOf({ ...Object.fromEntries(story.files), "test/a.test.ts": "red" });
  story.transition("IMPL");
  return story;
}

/** A task that ada holds in the last phase. */
export function storyInDone(workflow: CompiledWorkflow = fourPhases()): Story {
  const story = storyInImpl(workflow);
  story.files = filesOf({ ...Object.fromEntries(story.files), "src/a.ts": "green" });
  story.transition("DONE");
  return story;
}

/** The story's files with some changed; null deletes. */
export function filesWith(story: Story, changes: Readonly<Record<string, string | null>>) {
  const files = new Map(story.files);
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) files.delete(path);
    else files.set(path, content);
  }
  return files;
}
