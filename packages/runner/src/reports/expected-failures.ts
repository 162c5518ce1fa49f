import { setImmediate } from "node:timers/promises";
import type { TestCase } from "@phasegate/wire";
import { declaresExpectedFailure, isUnexpectedPass } from "@phasegate/workflow";

const javaScript = /\.[cm]?[jt]sx?$/;
/** The end of such a line, wherever it stands: a name may hold line ends, and a test may print before it. */
const printedEnd = /\([\d.]+ms\) # EXPECTED FAILURE\b/g;
const unknownCase: TestCase = {
  identity: "a test whose failure was expected, which the output does not name",
  file: null,
  name: "a test whose failure was expected, which the output does not name",
  outcome: "todo",
  message: null,
};
/** How node's `spec` reporter prints a test whose failure was expected. */
const printedLine = /^\s*✔ (.+) \([\d.]+ms\) # EXPECTED FAILURE\b/;

/**
 * The cases, of which none passed by failing: reports in JUnit XML and in the JSON of jest count such a test as passed.
 * It is told by what node prints beside its report, or by the text of its file, and becomes a `todo`, as other runners
 * report it. Where node printed more of them than are found so, one `todo` stands for those.
 */
export async function withoutExpectedFailures(
  cases: readonly TestCase[],
  { output, textOf }: { readonly output: string; readonly textOf: (path: string) => string | null },
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
  return printedEnds > inverted + unexpected ? [...read, unknownCase] : read;
}
