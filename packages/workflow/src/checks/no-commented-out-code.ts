import type { CheckDefinition } from "./definition.ts";
import { fail, listed, noParameters, pass } from "./outcome.ts";

/** Lines in a row that look like code behind a comment sign before they count. */
const minimumRun = 2;

export const noCommentedOutCode: CheckDefinition = {
  name: "no_commented_out_code",
  aliases: [],
  passesWhen:
    "no changed file gained lines that look like code behind comment signs; a file whose text was not read is named, never taken as clean",
  parameters: noParameters,
  needs: ["tree"],
  source: "tree",
  selfReportable: false,
  warningOnly: true,
  judge({ facts, entryTree }) {
    const difference = facts.tree?.differences[entryTree];
    if (!difference) return fail("the changes since the phase was entered were not read");
    const files = difference.changes.filter(({ kind, after }) => kind !== "deleted" && after?.type === "file");
    const found: string[] = [];
    const unread: string[] = [];
    for (const { path } of files) {
      const pair = difference.contents[path];
      if (typeof pair?.after !== "string") unread.push(path);
      else if (commentedRuns(pair.after) > commentedRuns(pair.before ?? "")) found.push(path);
    }
    if (found.length > 0) return fail(`code behind comment signs in ${listed(found)}`, "delete it; git remembers");
    if (unread.length > 0) return fail(`not judged, since no text was read of ${listed(unread)}`);
    return pass();
  },
};

function commentedRuns(text: string): number {
  let runs = 0;
  let length = 0;
  for (const line of text.split("\n")) {
    length = looksCommentedOut(line) ? length + 1 : 0;
    if (length === minimumRun) runs++;
  }
  return runs;
}

function looksCommentedOut(line: string): boolean {
  const comment = /^\s*(?:\/\/|#|--|;)\s?(.*)$/u.exec(line.slice(0, 500))?.[1]?.trim();
  if (!comment) return false;
  return (
    /[;{}]$/u.test(comment) ||
    /^(?:const|let|var|return|if|for|while|import|from|def|class|func|function|print)\b.*[(=:]/u.test(comment) ||
    /^[\w.[\]]+\s*(?:=|\+=|-=)\s*\S/u.test(comment) ||
    /^[\w.]+\([^)]*\)$/u.test(comment)
  );
}
