import type { Decision, NoteOutsideChange } from "../commands.ts";
import { allow, newEvent, recordedReasons } from "./answer.ts";
import { judgeObserved } from "./changes.ts";
import { weigh } from "./modes.ts";
import type { Situation } from "./situation.ts";

/** Most paths that an event names. */
const maxPaths = 100;

/**
 * Records that the workspace differs from what its last use left, and says what is to be put back: the paths that the
 * phase may not change, where the runner can. What it cannot, the gate finds.
 */
export function decideOutsideChange(situation: Situation, command: NoteOutsideChange): Decision {
  const { task, workflow, context } = situation;
  const seen = [...command.changes, ...(command.unsupported ?? [])].map(({ path }) => path);
  if (seen.length === 0) return allow([]);
  const denials = judgeObserved(situation, command);
  const refused = new Set(
    weigh(
      workflow.normalized.mode,
      denials.map((denial) => denial.reason),
    ).denials,
  );
  const forbidden = [...new Set(denials.filter((denial) => refused.has(denial.reason)).map((denial) => denial.path))];
  const rollBack = command.canRollBack && forbidden.length > 0 ? forbidden : "none";
  const reasons = denials.map((denial) => denial.reason);
  const event = newEvent(context, "violation.detected", {
    kind: (command.unsupported ?? []).length > 0 ? "unsupported_entry" : "changed_outside",
    command: command.type,
    phase: task.phase,
    entry: task.entry,
    paths: [...new Set(seen)].slice(0, maxPaths),
    action: rollBack === "none" ? "recorded" : "rolled_back",
    reasons: recordedReasons(reasons),
  });
  return allow([event], { warnings: reasons, rollBack });
}
