import type { EnforcementMode, TimeoutAction } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import * as fc from "fast-check";
import { type Action, actions, Actor, honest } from "./actions.ts";
import { approvalBy, checkOf, gateOf, testsPass, treeHas } from "./checks.ts";
import { phases } from "./stories.ts";
import { type Decide, Story } from "./story.ts";
import { filesOf } from "./trees.ts";
import { workflowOf } from "./workflow.ts";

/** Throws on a tree that holds `README.md`. */
const fragile = checkOf({
  name: "fragile",
  needs: ["tree"],
  judge: ({ facts }) => {
    if (facts.tree?.paths.includes("README.md")) throw new TypeError("cannot read a README");
    return { passed: true };
  },
});

/** Longer than lives of one sitting, shorter than a question to people waits. */
function within(action: TimeoutAction) {
  return { seconds: 3_600, action };
}

/** PLAN, TDD, IMPL (waits for evidence), REVIEW (waits for approvals), DONE. */
function fivePhases(mode: EnforcementMode): CompiledWorkflow {
  return workflowOf({
    mode,
    phases: [
      { ...phases.plan, triggers: [{ action: "notify_human", params: {} }], timeLimit: within("escalate") },
      { ...phases.tdd, timeLimit: within("reopen") },
      {
        ...phases.impl,
        gates: [gateOf("code", treeHas("src/a.ts"), testsPass(), fragile)],
        triggers: [{ action: "webhook", params: { name: "hook" } }],
      },
      {
        id: "REVIEW",
        tools: ["read_files"],
        timeLimit: within("fail"),
        reviewModels: ["security"],
        gates: [gateOf("approval", approvalBy(["human", "reviewer"]))],
        rework: ["IMPL", "TDD"],
      },
      { ...phases.done, gates: [gateOf("end", fragile)] },
    ],
  });
}

/** A random life of one task, in a random mode. */
export const lives = fc.record({
  mode: fc.constantFrom<EnforcementMode>("strict", "strict", "permissive", "advisory"),
  headStart: fc.nat({ max: 5 }),
  actions,
});

export interface Life {
  readonly mode: EnforcementMode;
  /** How many honest steps go before, so that the later phases are lived in as often as the first. */
  readonly headStart: number;
  readonly actions: readonly Action[];
}

/** Lives it: `sabotage` may replace the engine or the workflow, for tests that must fail. */
export function live(life: Life, sabotage: { decide?: Decide; workflow?: CompiledWorkflow } = {}): Story {
  const story = new Story(sabotage.workflow ?? fivePhases(life.mode), {
    files: filesOf({ "src/old.ts": "old", "test/old.test.ts": "old" }),
    ...(sabotage.decide ? { decide: sabotage.decide } : {}),
  });
  const actor = new Actor(story);
  for (let step = 0; step < life.headStart; step += 1) actor.perform(honest);
  for (const action of life.actions) actor.perform(action);
  return story;
}
