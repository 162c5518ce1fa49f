import * as fc from "fast-check";
import { expect, it } from "vitest";
import { invariants } from "./testing/invariants.ts";
import { live, lives } from "./testing/lives.ts";

/** PHASEGATE_PROPERTY_RUNS=20000 for a soak; fast-check prints the seed of what it finds. */
const numRuns = Number(process.env["PHASEGATE_PROPERTY_RUNS"] ?? 60);

it.each(invariants)("$name", ({ holds }) => {
  const property = fc.property(lives, (life) => holds(live(life)));
  expect(() => fc.assert(property, { numRuns })).not.toThrow();
});

it.each(invariants)("is seen to fail when switched off: $name", ({ holds, sabotage, failsBy }) => {
  const result = fc.check(
    fc.property(lives, (life) => holds(live(life, sabotage))),
    { numRuns: 2_000, seed: 1, endOnFailure: true },
  );
  expect(result.failed).toBe(true);
  expect(result.errorInstance).toMatchObject({ name: failsBy ?? "InvariantBroken" });
});

it("random lives reach every phase, every status and every event of the engine", () => {
  const seen = new Set<string>();
  const sample = fc.sample(lives, { numRuns: 250, seed: 7 });
  for (const life of sample) {
    const story = live(life);
    for (const { after } of story.steps) if (after) seen.add(after.phase).add(after.status);
    for (const event of story.events) seen.add(event.type);
  }
  expect(reached.filter((name) => !seen.has(name))).toEqual([]);
});

const reached =
  "PLAN TDD IMPL REVIEW DONE ready active deciding completed failed cancelled task.claimed task.transitioned \
task.completed task.released task.lease_expired task.reopened task.reassigned task.overridden task.synced \
tool.started tool.executed tool.denied tool.rolled_back tool.interrupted transition.requested transition.withdrawn \
gate.passed gate.blocked awaiting_approval approval.requested approval.granted approval.denied approval.expired \
approval.withdrawn evidence.recorded review.submitted artifact.submitted blocker.recorded blocker.resolved violation.detected".split(
    " ",
  );
