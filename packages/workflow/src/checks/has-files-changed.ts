import { namedChangedFiles } from "./changed-files.ts";
import type { CheckDefinition } from "./definition.ts";
import { fail, listed, noParameters, pass } from "./outcome.ts";

export const hasFilesChanged: CheckDefinition = {
  name: "has_files_changed",
  aliases: [],
  passesWhen: "at least one file changed since the phase was entered; files that an artifact names wrongly are noted",
  parameters: noParameters,
  needs: ["tree", "artifacts"],
  source: "tree",
  implemented: true,
  fields: ["files_changed", "changed_files", "files_modified"],
  selfReportable: false,
  warningOnly: false,
  judge(input) {
    const difference = input.facts.tree?.differences[input.entryTree];
    if (!difference) return fail("the changes since the phase was entered were not read");
    if (difference.changes.length === 0) {
      return fail("no file changed since the phase was entered", `do the work of \`${input.phase}\` before leaving it`);
    }
    const changed = new Set(difference.changes.map(({ path }) => path));
    const wrong = namedChangedFiles(input).filter((path) => !changed.has(path));
    return wrong.length === 0 ? pass() : pass(`named as changed, yet the same as at entry: ${listed(wrong)}`);
  },
};
