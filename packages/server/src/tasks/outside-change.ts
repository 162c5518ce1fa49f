import type { Observation, RollBack } from "@phasegate/runner";
import { assuranceSuffices } from "@phasegate/wire";
import type { TaskId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";

/**
 * Someone changed the workspace between two uses: recorded, judged by the phase's rules, and put back where the phase
 * may not change it.
 */
export async function judgeOutsideChange(
  context: ServerContext,
  caller: Caller,
  taskId: TaskId,
  observation: Observation,
): Promise<RollBack> {
  const { decision } = await context.tasks.decide({
    taskId,
    caller,
    command: {
      type: "note_outside_change",
      changes: observation.changes,
      contents: observation.contents,
      entryChanges: observation.entryChanges,
      unsupported: observation.unsupported,
      canRollBack: assuranceSuffices(context.runner.capabilities.assurance, "mediated"),
    },
    facts: {},
  });
  return decision.rollBack;
}
