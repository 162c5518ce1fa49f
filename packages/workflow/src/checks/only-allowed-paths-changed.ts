import type { CheckDefinition } from "./definition.ts";
import { counted, fail, listed, noParameters, pass } from "./outcome.ts";

export const onlyAllowedPathsChanged: CheckDefinition = {
  name: "only_allowed_paths_changed",
  aliases: [],
  passesWhen: "everything that changed since the phase was entered is something that the phase may change; always on",
  parameters: noParameters,
  needs: ["tree"],
  source: "tree",
  selfReportable: false,
  warningOnly: false,
  judge({ workflow, phase, facts, entryTree }) {
    const difference = facts.tree?.differences[entryTree];
    if (!facts.tree || !difference) return fail("the changes since the phase was entered were not read");
    const compiled = workflow.phases.get(phase);
    if (!compiled) return fail(`the workflow has no phase \`${phase}\``);
    if (facts.tree.unsupported.length > 0) {
      const entries = facts.tree.unsupported.map(({ path, reason }) => `${path} (${reason})`);
      return fail(`the tree holds what no tree may hold: ${listed(entries)}`, "remove them");
    }
    const denials = compiled.judgeChanges(difference.changes, difference.contents);
    const [first] = denials;
    if (!first) return pass();
    const paths = denials.map(({ path }) => path);
    return fail(
      `phase \`${phase}\` may not change ${counted(paths.length, "path")} that changed: ${listed(paths)}`,
      first.reason.hint ?? "put them back with `restore_files`",
    );
  },
};
