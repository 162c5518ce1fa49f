import type { TestRun } from "@phasegate/wire";
import { changedReds } from "../evidence/earlier-reds.ts";
import type { CheckFinding, CheckInput } from "./definition.ts";
import { evidenceSubject } from "./evidence-check.ts";
import { listed } from "./outcome.ts";

/**
 * Names what was red in an earlier stay and was changed, dropped or made to pass by a rework: only a reader can tell
 * whether rightly.
 */
export function changedRedFindings(
  input: CheckInput,
  run: TestRun,
  options: { readonly hasImplementation: boolean },
): readonly CheckFinding[] {
  const reds = changedReds(evidenceSubject(input), run, options);
  if (reds === null) return [];
  const { phases, changed, beside, gone, kept, vacuous } = reds;
  const parts = [
    ...(gone.length > 0 ? [`gone now: ${listed(gone, 20)}`] : []),
    ...(changed.length > 0 ? [`in files that were changed since: ${listed(changed, 20)}`] : []),
    ...(beside.length > 0 ? [`beside files that were changed since: ${listed(beside, 20)}`] : []),
    ...(vacuous.length > 0
      ? [`passing without the implementation since what they use was changed: ${listed(vacuous, 20)}`]
      : []),
  ];
  const gained =
    kept.length > 0 ? [`what their files held then stands there still, with more: ${listed(kept, 20)}`] : [];
  const finding = (severity: CheckFinding["severity"], said: readonly string[]): readonly CheckFinding[] => {
    const message = `red in an earlier stay of ${listed(phases)}, and ${said.join("; ")}`;
    return said.length === 0 ? [] : [{ name: "rewritten_tests", severity, message, evidenceId: run.evidenceId }];
  };
  return [...finding("warning", parts), ...finding("info", gained)];
}
