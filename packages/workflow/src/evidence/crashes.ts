import type { TestRun } from "@phasegate/wire";

/** What shells, runtimes and libraries print of a program that did not end by itself. */
const crash =
  /\b(?:Aborted|Segmentation fault|Bus error|Illegal instruction|Floating point exception|stack smashing detected|terminate called|double free or corruption|panicked at|core dumped|Unhandled (?:Rejection|Errors?|Exception)|Uncaught Exception)\b|\b(?:Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer\b|\bAssertion\b.*\bfailed\b|\b(?:free|malloc|realloc)\(\): /;

/** Most lines that are named, and their length. */
const [maxLines, maxLength] = [3, 120];

/** Lines by which a run told of crashes, more than the run of the base told of alike. Only the end of an output is kept. */
export function newCrashes(base: Pick<TestRun, "output">, run: Pick<TestRun, "output">): readonly string[] {
  const known = linesOf(base.output);
  const found: string[] = [];
  for (const line of linesOf(run.output)) {
    const place = known.findIndex((one) => kindOf(one) === kindOf(line));
    if (place === -1) found.push(line.slice(0, maxLength).toWellFormed());
    else known.splice(place, 1);
  }
  return found.slice(0, maxLines);
}

function linesOf(output: string): string[] {
  return output
    .split("\n")
    .map((line) => line.trim().replaceAll("`", "'"))
    .filter((line) => crash.test(line));
}

/** A line without the numbers of processes, addresses and the like. */
function kindOf(line: string): string {
  return line.replaceAll(/\b(?:0x)?[\da-f]*\d[\da-f]*\b/gi, "0");
}
