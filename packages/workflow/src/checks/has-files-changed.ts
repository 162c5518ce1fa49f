import { changedSinceBase, namedChangedFiles } from "./changed-files.ts";
import type { CheckDefinition } from "./definition.ts";
import { fail, listed, noParameters, pass } from "./outcome.ts";

export const hasFilesChanged: CheckDefinition = {
  name: "has_files_changed",
  aliases: [],
  passesWhen: "at least one file changed since the base of the task; files that an artifact names wrongly are noted",
  parameters: noParameters,
  needs: ["tree", "artifacts"],
  source: "tree",
  fields: ["files_changed", "changed_files", "files_modified"],
  selfReportable: false,
  warningOnly: false,
  judge(input) {
    const changes = changedSinceBase(input);
    if (!changes) return fail("the changes since the base were not read");
    if (changes.length === 0) {
      return fail("no file changed since the base of the task", `do the work of \`${input.phase}\` before leaving it`);
    }
    const changed = new Set(changes.map(({ path }) => path));
    const wrong = namedChangedFiles(input).filter((path) => !changed.has(path));
    return wrong.length === 0 ? pass() : pass(`named as changed, yet the same as in the base: ${listed(wrong)}`);
  },
};
