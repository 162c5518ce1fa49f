import type { TestOutcome } from "@phasegate/wire";
import { CaseList } from "./case-list.ts";
import { pythonFile } from "./reported-path.ts";
import { ReportError, type ParsedReport, type ReportContext, type ReportFormat } from "./report-format.ts";

const head = /^(\S+) \(([\w.<>]+)\)(?: \.\.\. ?(.*))?$/;
const subtest = /^ {2}\S+ \([\w.<>]+\) .*\.\.\. (FAIL|ERROR|skipped\b.*)$/;
const status = /(?:^| \.\.\. ?)(ok|FAIL|ERROR|skipped\b.*|expected failure|unexpected success)$/;
const block = /^(?:ERROR|FAIL): (\S+) \(([\w.<>]+)\)/;
const rule = /^={70}$/;
const line = /^-{70}$/;
const unloaded = "unittest.loader._FailedTest";
const hook = /^(?:setUp|tearDown)(Class|Module)$/;

/** What `python -m unittest -v` prints on standard error. A run that did not come to its own end is broken. */
export const unittest: ReportFormat = {
  name: "unittest",
  printedOn: "stderr",
  parse(text, context) {
    const lines = text.replaceAll("\r\n", "\n").split("\n");
    const ran = lines.findLastIndex((candidate) => /^Ran \d+ tests? in /.test(candidate));
    const firstRule = lines.findIndex((candidate) => rule.test(candidate));
    const results = new Results(context, readBlocks(lines));
    for (const candidate of lines.slice(0, firstRule < 0 ? (ran < 0 ? lines.length : ran) : firstRule)) {
      results.read(candidate);
    }
    if (ran < 0) {
      if (results.isEmpty) return null;
      throw new ReportError("the report ends before the line that says how many tests ran");
    }
    const verdict = lines.slice(ran + 1).find((candidate) => /^(OK|FAILED|NO TESTS RAN)/.test(candidate));
    if (verdict === undefined) throw new ReportError("the report ends before its verdict");
    return results.finish(verdict.startsWith("FAILED"));
  },
};

interface Pending {
  readonly name: string;
  readonly owner: string;
  outcome: TestOutcome | null;
}

class Results {
  readonly #context: ReportContext;
  readonly #blocks: ReadonlyMap<string, string>;
  readonly #tests: Pending[] = [];

  constructor(context: ReportContext, blocks: ReadonlyMap<string, string>) {
    this.#context = context;
    this.#blocks = blocks;
  }

  get isEmpty(): boolean {
    return this.#tests.length === 0;
  }

  read(text: string): void {
    const current = this.#tests.at(-1);
    const part = subtest.exec(text)?.[1];
    if (part !== undefined && current !== undefined) {
      if (!part.startsWith("skipped")) current.outcome = "failed";
      return;
    }
    const begun = head.exec(text);
    if (begun?.[1] !== undefined && begun[2] !== undefined) {
      this.#tests.push({ name: begun[1], owner: begun[2], outcome: outcomeOf(status.exec(text)?.[1]) });
    } else if (current?.outcome === null) {
      current.outcome = outcomeOf(status.exec(text)?.[1]);
    }
  }

  finish(isFailed: boolean): ParsedReport {
    const cases = new CaseList();
    const seen = new Set(this.#tests.map((test) => keyOf(test.name, test.owner)));
    // Older versions report setUpClass and the like without a line of their own.
    for (const [key] of this.#blocks) {
      const [name, owner] = key.split("\n");
      if (seen.has(key) || name === undefined || owner === undefined) continue;
      this.#tests.push({ name, owner, outcome: "failed" });
    }
    let failures = 0;
    for (const test of this.#tests) {
      const text = this.#blocks.get(keyOf(test.name, test.owner)) ?? "";
      const outcome = test.outcome ?? (text === "" ? null : "failed");
      if (outcome === null) throw new ReportError(`the report does not say how \`${test.name.slice(0, 200)}\` ended`);
      if (outcome === "failed") failures += 1;
      if (test.owner.startsWith(unloaded)) {
        const module = test.owner.slice(unloaded.length + 1) || test.name;
        cases.addUnloaded(pythonFile(module, this.#context) ?? module, text);
        continue;
      }
      const scope = outcome === "failed" ? hook.exec(test.name)?.[1] : undefined;
      if (scope !== undefined) {
        // Once a hook holds, only tests are named: its failure is that of their class, or of their file.
        const file = pythonFile(test.owner, this.#context);
        if (scope === "Module") cases.addUnloaded(file ?? test.owner, text);
        else cases.add({ parts: [], file, name: test.owner, outcome, message: text });
        continue;
      }
      const owner = test.owner.endsWith(`.${test.name}`) ? test.owner.slice(0, -test.name.length - 1) : test.owner;
      const file = pythonFile(owner, this.#context);
      cases.add({ parts: [owner], file, name: test.name, outcome, message: text });
    }
    if (isFailed !== failures > 0) throw new ReportError("the report's verdict contradicts its tests");
    return cases.finish();
  }
}

function keyOf(name: string, owner: string): string {
  return `${name}\n${owner}`;
}

function outcomeOf(written: string | undefined): TestOutcome | null {
  if (written === undefined) return null;
  if (written === "ok") return "passed";
  if (written === "expected failure") return "todo";
  if (written.startsWith("skipped")) return "skipped";
  return "failed";
}

/** The texts under the rules at the end, by test. */
function readBlocks(lines: readonly string[]): Map<string, string> {
  const blocks = new Map<string, string>();
  let key: string | null = null;
  let text: string[] | null = null;
  for (const [at, current] of lines.entries()) {
    const title = rule.test(current) ? block.exec(lines[at + 1] ?? "") : null;
    const isLine = line.test(current);
    if (key !== null && text !== null && (title !== null || isLine)) {
      if (!blocks.has(key)) blocks.set(key, text.join("\n").trim());
      [key, text] = [null, null];
    }
    if (title?.[1] !== undefined && title[2] !== undefined) key = keyOf(title[1], title[2]);
    else if (isLine && key !== null) text = [];
    else text?.push(current);
  }
  return blocks;
}
