import { beforeAll, expect, test } from "vitest";
import { loadBenign } from "../../packages/cli/src/corpus/load-corpus.ts";
import { runCorpus, type CorpusReport } from "../../packages/cli/src/corpus/run-corpus.ts";
import { suiteShare } from "./suite-share.ts";

// An eighth of the ordinary sequences against real servers, at the highest level that this machine gives. `npm run corpus`
// plays all.
const benign = suiteShare(loadBenign());
let report: CorpusReport;
beforeAll(async () => {
  report = await runCorpus({ env: process.env, attacks: [], benign });
}, 600_000);

test.for(benign)("$kind: $name", (sequence, { skip }) => {
  skip(
    report.skipped.some(({ name }) => name === sequence.kind),
    `this machine lacks the toolchain of \`${sequence.kind}\``,
  );
  expect(report.benign.find((one) => one.sequence === sequence)?.block).toBeNull();
});
