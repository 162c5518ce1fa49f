import { setImmediate } from "node:timers/promises";
import type { TestCase } from "@phasegate/wire";
import { declaresExpectedFailure, isUnexpectedPass } from "@phasegate/workflow";

const javaScript = /\.[cm]?[jt]sx?$/;
/** The end of such a line, wherever it stands: a name may hold line ends, and a test may print before it. */
const printedEnd = /\([\d.]+ms\) # EXPECTED FAILURE\b/g;
/** What stands for tests that passed by failing and that the output does not name, or does not show. */
const unknown = {
  unnamed: "a test whose failure was expected, which the output does not name",
  unread: "tests that may have passed by failing, since the run printed more than is read of its output",
} as const;
/** The sum of node's `spec` reporter, which it prints last. */
const sumOfNode = /^ℹ tests \d+$/m;
const maxUnknown = 100;
/** How node's `spec` reporter prints a test whose failure was expected. */
const printedLine = /^\s*✔ (.+) \([\d.]+ms\) # EXPECTED FAILURE\b/;

export interface PrintedRun {
  readonly output: string;
  /** Something of the output is not in it. */
  readonly isCut: boolean;
  readonly textOf: (path: string) => string | null;
}

/**
 * The cases, of which none passed by failing: reports in JUnit XML and in the JSON of jest count such a test as passed.
 * It is told by what node prints beside its report, or by the text of its file, and becomes a `todo`, as other runners
 * report it. For each that node printed beyond those a `todo` without a file stands, and one where its output was cut.
 */
export async function withoutExpectedFailures(
  cases: readonly TestCase[],
  { output, isCut, textOf }: PrintedRun,
): Promise<readonly TestCase[]> {
  const printed = Map.groupBy(
    output.split("\n").flatMap((line) => printedLine.exec(line)?.[1]?.trim() ?? []),
    (name) => name,
  );
  const isPrinted = ({ name }: TestCase): boolean => printed.has(name);
  const files = new Set(cases.map(({ file }) => file).filter((file) => file !== null && javaScript.test(file)));
  const declared = new Map<string | null, ReturnType<typeof declaresExpectedFailure>>();
  const mentions = new Set<string | null>();
  for (const file of files) {
    const text = file === null ? null : textOf(file);
    if (text === null) continue;
    declared.set(file, declaresExpectedFailure(text));
    if (text.includes("expectFailure")) mentions.add(file);
    await setImmediate();
  }
  const isDeclared = ({ file, identity }: TestCase): boolean =>
    file !== null && declared.get(file)?.(identity, file) === true;
  const isMentioned = ({ file }: TestCase): boolean => mentions.has(file);
  // Lines name no file: of equal names, those count whose files name it so, or else speak of it, or else all, where these
  // are as many as lines.
  const inReport = Map.groupBy(cases.filter(isPrinted), ({ name }) => name);
  const told = new Set(
    [...inReport].flatMap(([name, equal]) => {
      const lines = printed.get(name)?.length ?? 0;
      const some = [equal.filter(isDeclared), equal.filter(isMentioned)];
      return some.find(({ length }) => length >= lines) ?? equal;
    }),
  );
  const read = cases.map((one) =>
    one.outcome === "passed" && (told.has(one) || isDeclared(one)) ? { ...one, outcome: "todo" as const } : one,
  );
  const inverted = read.filter((one, at) => one.outcome !== cases[at]?.outcome).length;
  const unexpected = cases.filter(({ outcome, message }) => outcome === "failed" && isUnexpectedPass(message)).length;
  const printedEnds = output.match(printedEnd)?.length ?? 0;
  const unnamed = Math.min(maxUnknown, Math.max(0, printedEnds - inverted - unexpected));
  const isUnread = isCut && cases.length > 0 && sumOfNode.test(output);
  return [
    ...read,
    ...Array.from({ length: unnamed }, (_, at) => unknownCase(unknown.unnamed, at)),
    ...(isUnread ? [unknownCase(unknown.unread, 0)] : []),
  ];
}

function unknownCase(name: string, at: number): TestCase {
  return {
    identity: at === 0 ? name : `${name} > #${String(at + 1)}`,
    file: null,
    name,
    outcome: "todo",
    message: null,
  };
}
