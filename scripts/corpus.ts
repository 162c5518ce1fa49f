// Tries every attack and every ordinary sequence of test/corpus, and writes docs/security/enforcement-report.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./bootstrap/paths.mjs";
import { levels, type Level } from "../packages/cli/src/corpus/corpus-file.ts";
import { countColumns, countsByClass } from "../packages/cli/src/corpus/counts.ts";
import { loadAttacks, loadBenign } from "../packages/cli/src/corpus/load-corpus.ts";
import { reportPage } from "../packages/cli/src/corpus/report-page.ts";
import { failuresOf, runCorpus, type CorpusReport } from "../packages/cli/src/corpus/run-corpus.ts";

const page = "docs/security/enforcement-report.md";
const usage = `usage: npm run corpus -- [--only attacks|benign] [--class A|A1] [--kind K] [--case NAME] [--level ${levels.join("|")}] [--jobs N] [--no-write]`;

const { only, class: way, kind, case: name, level, jobs, "no-write": noWrite } = options();
const fits = (one: { readonly kind: string; readonly name: string }): boolean =>
  (kind === undefined || one.kind === kind) && (name === undefined || one.name === name);
const isWay = (one: string): boolean => way === undefined || one === way || (way.length === 1 && one.startsWith(way));
const attacks = only === "benign" ? [] : loadAttacks().filter((one) => fits(one) && isWay(one.class));
const benign = only === "attacks" || way !== undefined ? [] : loadBenign().filter(fits);
if (attacks.length + benign.length === 0) fail("no case is named so");

const report = await runCorpus({
  env: process.env,
  attacks,
  benign,
  ...(level === undefined ? {} : { levels: levels.filter((one) => one === level) }),
  ...(jobs === undefined ? {} : { concurrency: Number(jobs) }),
  listener: (result) => {
    const one = "sequence" in result ? { attacks: [], benign: [result] } : { attacks: [result], benign: [] };
    for (const failure of failuresOf(one)) print(failure);
  },
});
printTables(report);
const isWhole = [only, way, kind, name, level].every((one) => one === undefined);
if (noWrite) print("no page written");
else if (!isWhole || report.levels.length < levels.length || report.skipped.length > 0) {
  print(`${page} is not written: not everything was tried`);
} else {
  mkdirSync(dirname(join(root, page)), { recursive: true });
  writeFileSync(join(root, page), reportPage(report));
  print(`wrote ${page}`);
}
process.exitCode = failuresOf(report).length === 0 ? 0 : 1;

function options() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        class: { type: "string" },
        kind: { type: "string" },
        case: { type: "string" },
        level: { type: "string" },
        jobs: { type: "string" },
        "no-write": { type: "boolean" },
      },
    }).values;
  } catch {
    return fail(usage);
  }
}

function printTables({ attacks: tried, benign: played, levels: at, skipped }: CorpusReport): void {
  for (const one of at)
    printCounts(
      one,
      tried.filter((result) => result.level === one),
    );
  if (played.length > 0) {
    print(`\n${"ordinary work".padEnd(34)}sequences  false blocks`);
    for (const repository of [...new Set(played.map(({ sequence }) => sequence.kind))].toSorted()) {
      const row = played.filter(({ sequence }) => sequence.kind === repository);
      const blocked = row.filter(({ block }) => block !== null).length;
      print(`${repository.padEnd(34)}${String(row.length).padStart(9)}  ${String(blocked).padStart(12)}`);
    }
  }
  for (const { name: missingKind, missing } of skipped)
    print(`\nskipped: \`${missingKind}\`, this machine lacks ${missing}`);
  for (const one of levels.filter((wanted) => !at.includes(wanted))) print(`\n\`${one}\` was not tried`);
  print("");
}

function printCounts(at: Level, tried: CorpusReport["attacks"]): void {
  const rows = countsByClass(tried);
  if (tried.length === 0) return;
  print(`\n${at.padEnd(34)}${countColumns.join("  ")}`);
  for (const row of rows) {
    print(
      `${row.name.padEnd(34)}${countColumns.map((column) => String(row[column]).padStart(column.length)).join("  ")}`,
    );
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
