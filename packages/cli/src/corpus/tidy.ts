import { isGranted } from "./answer.ts";
import type { Player } from "./player.ts";
import { type Step, verbOf } from "./step.ts";
import { changesBetween, readClone, readState, type StateOfTask } from "./task-state.ts";

/** A task before a case is played on it. */
export interface Untouched {
  readonly state: StateOfTask;
  readonly clone: StateOfTask;
}

export async function readUntouched(player: Player): Promise<Untouched> {
  return { state: await readState(player), clone: readClone(player) };
}

/**
 * What a case left behind. Files are put back by the tool that always may, since a new task costs ten times as much; but
 * not where tests were run, whose results count for the whole task.
 */
export async function leftBehind(
  player: Player,
  { state, clone }: Untouched,
  steps: readonly Step[],
): Promise<readonly string[]> {
  const changedClone = changesBetween(clone, readClone(player));
  const left = changesBetween(state, await readState(player));
  if (left.length === 0 || changedClone.length > 0 || steps.some(runsTests)) return [...left, ...changedClone];
  if (left.some((what) => notFiles.test(what))) return left;
  const { answer } = await player.take({ tool: "restore_files", args: { paths: left } });
  return isGranted(answer) ? changesBetween(state, await readState(player)) : left;
}

/** Words that a state has beside the paths of the workspace. */
const notFiles = /^(the task's |other task's |repository's |approvals$|keys$)/;

function runsTests(step: Step): boolean {
  if ("together" in step) return step.together.some(runsTests);
  return ["transition", "complete", "task"].includes(verbOf(step)) || ("tool" in step && step.tool === "run_tests");
}
