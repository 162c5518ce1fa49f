import type { TestRun } from "@phasegate/wire";
import { isFrozenBefore } from "../evidence/held-tests.ts";
import { evidenceWorkflow } from "../evidence/settings.ts";
import { changedSettings } from "../evidence/test-settings/changed-settings.ts";
import type { CheckFinding, CheckInput } from "./definition.ts";
import { listed } from "./outcome.ts";

/** Names settings beside the tests that changed: a run on the judged tree goes by them, whichever tests it is of. */
export function settingsFindings(
  { workflow, facts, baseTree }: CheckInput,
  { evidenceId }: Pick<TestRun, "evidenceId">,
): readonly CheckFinding[] {
  const { changes = [], contents = {} } = facts.tree?.differences[baseTree] ?? {};
  const { tests } = evidenceWorkflow(workflow.normalized.evidence);
  const isFrozen = isFrozenBefore(workflow);
  const settings = changedSettings({
    paths: facts.tree?.paths ?? [],
    changes,
    contents,
    commands: [tests?.prepare, tests?.command].filter((command) => typeof command === "string"),
    cwd: tests?.cwd ?? ".",
    isTest: (path) => workflow.isTestFile(path) || isFrozen(path),
  });
  if (settings.length === 0) return [];
  const message = `beside the tests, and says which of them run, how, or what they load: ${listed(settings, 20)}`;
  return [{ name: "changed_settings", severity: "warning", message, evidenceId }];
}
