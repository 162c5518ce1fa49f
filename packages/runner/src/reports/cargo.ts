import type { TestOutcome } from "@phasegate/wire";
import { CaseList } from "./case-list.ts";
import { reportedPath } from "./reported-path.ts";
import { ReportError, type ReportFormat } from "./report-format.ts";

const target = /^\s+(?:Running (?:unittests )?(\S+\.rs) \(|Doc-tests (\S+))/;
const begin = /^running (\d+) tests?$/;
const test = /^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored\b.*)$/;
const end = /^test result: (ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored/;
const uncompiled = /^error: could not compile /m;
/** Begins what rustc says at one place; notes and helps of an error name places that compile. */
const diagnostic = /^(error|warning|note|help)(?:\[\w+\])?: /;
const place = /^\s*--> (\S+?\.rs):\d+:\d+$/;

/** What `cargo test` prints on both streams. A target that does not compile keeps all others from running. */
export const cargo: ReportFormat = {
  name: "cargo",
  printedOn: "both",
  parse(text, context) {
    const lines = text.replaceAll("\r\n", "\n").split("\n");
    const cases = new CaseList();
    const messages = failureTexts(lines);
    const isUncompiled = uncompiled.test(text);
    let source: string | null = null;
    let label = "";
    let expected: number | null = null;
    let count = 0;
    for (const line of lines) {
      const named = target.exec(line);
      if (named !== null) {
        source = named[1] === undefined ? null : reportedPath(named[1], context);
        label = named[1] ?? `doc ${named[2] ?? ""}`;
      }
      const begun = begin.exec(line);
      if (begun !== null) [expected, count] = [Number(begun[1]), 0];
      const ran = test.exec(line);
      if (ran?.[1] !== undefined && expected !== null) {
        count += 1;
        const outcome = outcomeOf(ran[2] ?? "");
        // Unit tests live beside what they test: their file says nothing about who may change it.
        cases.add({ parts: [label], file: source, name: ran[1], outcome, message: messages.get(ran[1]) ?? "" });
      }
      if (end.test(line)) {
        if (expected !== null && count !== expected) throw new ReportError("the report lost tests of a target");
        expected = null;
      }
    }
    if (expected !== null && !isUncompiled) throw new ReportError("the report ends inside a target");
    if (isUncompiled) {
      let kind: string | undefined;
      for (const [at, line] of lines.entries()) {
        kind = diagnostic.exec(line)?.[1] ?? kind;
        if (kind !== "error") continue;
        const file = reportedPath(place.exec(line)?.[1] ?? "", context);
        if (file !== null) cases.addUnloaded(file, lines.slice(Math.max(0, at - 1), at + 40).join("\n"));
      }
    }
    const began = lines.some((line) => begin.test(line));
    return began || isUncompiled ? cases.finish(isUncompiled) : null;
  },
};

function outcomeOf(written: string): TestOutcome {
  if (written === "ok") return "passed";
  return written === "FAILED" ? "failed" : "skipped";
}

function failureTexts(lines: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>();
  let name: string | null = null;
  let text: string[] = [];
  for (const line of lines) {
    const isBegin = line.startsWith("---- ");
    if (name !== null && (isBegin || line === "failures:")) {
      texts.set(name, text.join("\n").trim());
      name = null;
    }
    if (isBegin) [name, text] = [/^---- (.+?) stdout ----$/.exec(line)?.[1] ?? null, []];
    else text.push(line);
  }
  return texts;
}
