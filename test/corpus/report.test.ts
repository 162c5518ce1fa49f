import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { attemptAt, levels } from "../../packages/cli/src/corpus/corpus-file.ts";
import { loadAttacks, loadBenign } from "../../packages/cli/src/corpus/load-corpus.ts";
import { reportPage } from "../../packages/cli/src/corpus/report-page.ts";
import type { CorpusReport } from "../../packages/cli/src/corpus/run-corpus.ts";

/** The report of a run in which every case ends as its file says, which is what the tests beside this one hold it to. */
function soundReport(): CorpusReport {
  const attacks = loadAttacks().flatMap((attack) =>
    levels.map((level) => {
      return { attack, level, outcome: attemptAt(attack, level)?.outcome ?? "beyond", seen: "", left: [] } as const;
    }),
  );
  const benign = loadBenign().map((sequence) => ({ sequence, level: "sandboxed", block: null, left: [] }) as const);
  return { levels, attacks, benign, skipped: [] };
}

test("the published page tells what the corpora hold; `npm run corpus` writes it", () => {
  const page = readFileSync(new URL("../../docs/security/enforcement-report.md", import.meta.url), "utf8");
  expect(page).toBe(reportPage(soundReport()));
});
