import type { EvidenceState, TaskState } from "@phasegate/engine";
import type { TestRun } from "@phasegate/wire";
import { failuresIn, problemOfRun } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";
import { readRun } from "./recorded-evidence.ts";

/** Most earlier runs that are looked into, the newest. */
const maxRuns = 50;
const maxNames = 200;

/**
 * What failed when all tests of this tree ran earlier in this stay, whoever asked: a pass by chance does not hide the
 * runs before it. Bounded, newest first.
 */
export async function failedEarlier(context: ServerContext, task: TaskState, current: TestRun): Promise<string[]> {
  const { evidence, entry } = await context.tasks.require(task.id);
  const isEarlier = (one: EvidenceState): boolean =>
    one.entry === entry &&
    one.tree === current.tree &&
    one.id !== current.evidenceId &&
    (one.purpose === "tool" || one.purpose === "current");
  const names = new Set<string>();
  for (const { resultDigest } of evidence.filter(isEarlier).slice(-maxRuns).reverse()) {
    const run = await readRun(context, resultDigest);
    // A selection of tests is another experiment.
    if (run?.command !== current.command) continue;
    const problem = problemOfRun(run);
    for (const name of problem === null ? failuresIn(run) : [`all tests (${problem})`]) names.add(name);
  }
  return [...names].slice(0, maxNames);
}
