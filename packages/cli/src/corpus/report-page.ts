import { attackClasses, countColumns, countsOf } from "./counts.ts";
import type { Level } from "./corpus-file.ts";
import type { CorpusReport, LeveledAttack } from "./run-corpus.ts";

/** The page of figures: nothing in it but what the cases are and how they ended, so that equal runs give equal pages. */
export function reportPage(report: CorpusReport): string {
  return `# What was tried, and what came of it

Written by \`npm run corpus\`; a test keeps it in step. Attacks are played over plain HTTP against real servers, every file
of the workspace and the state of the task compared before and after. *Stopped*: refused for the reason that the case
names, and nothing changed. *Detected*: it happened, and a gate or a record shows it. *Reported*: what a person is shown
contains it. *Through*: it got what it wanted, or was refused for another reason than its own. *Beyond*: not tried at
that level, which does not promise it. [How to add a case](adding-a-case.md).

${attackSection(report)}
${benignSection(report)}`;
}

/** Attacks by class and level, and by row of the list of known ways. */
export function attackSection({ attacks, levels }: Pick<CorpusReport, "attacks" | "levels">): string {
  return `## Attacks by class

${table(["", "level", ...countColumns, "beyond"], letterRows(attacks, levels))}

## Attacks by known way

${table(["", ...levels.map((level) => `\`${level}\``)], wayRows(attacks, levels))}

${nameList(attacks, "detected", "Detected, not prevented")}${nameList(attacks, "reported", "Reported to a person")}${nameList(
    attacks,
    "beyond",
    "Beyond the level",
  )}`;
}

/** Ordinary sequences by kind of repository. */
export function benignSection({ benign }: Pick<CorpusReport, "benign">): string {
  const kinds = [...new Set(benign.map(({ sequence }) => sequence.kind))].toSorted();
  const rows = kinds.map((kind) =>
    benignRow(
      kind,
      benign.filter(({ sequence }) => sequence.kind === kind),
    ),
  );
  return `## Ordinary work

${table(["kind of repository", "sequences", "false blocks"], [...rows, benignRow("all", benign)])}
`;
}

function benignRow(name: string, benign: CorpusReport["benign"]): readonly string[] {
  return [name, String(benign.length), String(benign.filter(({ block }) => block !== null).length)];
}

function letterRows(attacks: readonly LeveledAttack[], levels: readonly Level[]): readonly (readonly string[])[] {
  const letters = [...new Set(attacks.map(({ attack }) => attack.class.slice(0, 1)))].toSorted();
  return [...letters, ""].flatMap((letter) =>
    levels.map((level) => {
      const row = attacks.filter((one) => one.level === level && one.attack.class.startsWith(letter));
      const counts = countsOf(row);
      const beyond = row.filter(({ outcome }) => outcome === "beyond").length;
      const name = letter === "" ? "all" : `${letter} ${attackClasses[letter] ?? ""}`;
      return [name, `\`${level}\``, ...countColumns.map((column) => String(counts[column])), String(beyond)];
    }),
  );
}

function wayRows(attacks: readonly LeveledAttack[], levels: readonly Level[]): readonly (readonly string[])[] {
  const ways = [...new Set(attacks.map(({ attack }) => attack.class))].toSorted((one, other) =>
    one.localeCompare(other, "en", { numeric: true }),
  );
  return ways.map((way) => [
    way,
    ...levels.map((level) => {
      const row = attacks.filter((one) => one.level === level && one.attack.class === way);
      const counts = countsOf(row);
      const beyond = row.filter(({ outcome }) => outcome === "beyond").length;
      const told = [
        ...countColumns.slice(1).map((column) => [column, counts[column]] as const),
        ["beyond", beyond] as const,
      ];
      return told.flatMap(([column, count]) => (count === 0 ? [] : [`${count} ${column}`])).join(", ");
    }),
  ]);
}

function nameList(attacks: readonly LeveledAttack[], outcome: LeveledAttack["outcome"], heading: string): string {
  const lines = attacks
    .filter((one) => one.outcome === outcome)
    .map(({ attack, level }) => `- ${attack.class} ${attack.name} (\`${attack.kind}\`, \`${level}\`)`)
    .toSorted((one, other) => one.localeCompare(other, "en", { numeric: true }));
  return lines.length === 0 ? "" : `### ${heading}\n\n${lines.join("\n")}\n\n`;
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line)].join("\n");
}
