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
const total = /^Ran (\d+) tests? in /;
const hook = /^(?:setUp|tearDown)(Class|Module)$/;

/**
 * What `python -m unittest -v` prints on standard error. A run that did not come to its own end is broken, and so is one
 * whose own totals are not those of the results that it prints: what it tests prints there too.
 */
export const unittest: ReportFormat = {
  name: "unittest",
  printedOn: "stderr",
  parse(text, context) {
    const lines = text.replaceAll("\r\n", "\n").split("\n");
    const totals = lines.flatMap((candidate, at) => (total.test(candidate) ? [at] : []));
    if (totals.length > 1) throw new ReportError("the report says more than once how many tests ran");
    const ran = totals[0] ?? -1;
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
    results.holdAgainst(Number(total.exec(lines[ran] ?? "")?.[1]), verdict);
    return results.finish(verdict.startsWith("FAILED"));
  },
};

interface Pending {
  readonly name: string;
  readonly owner: string;
  outcome: TestOutcome | null;
  /** How it was said to end, the last being the runner's own. */
  written: string | null;
  hasSkippedPart: boolean;
}

/** Kinds of endings that the verdict counts and that leave no text below. */
const counted = ["skipped", "expected failure", "unexpected success"] as const;

class Results {
  readonly #context: ReportContext;
  readonly #blocks: ReadonlyMap<string, string>;
  readonly #tests: Pending[] = [];
  readonly #counts = new Map<string, number>();
  /** Endings beyond the first of their test. */
  #repeated = 0;

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
      if (part.startsWith("skipped")) {
        this.#count("skipped");
        current.hasSkippedPart = true;
      } else current.outcome = "failed";
      return;
    }
    const written = status.exec(text)?.[1] ?? null;
    const [, name, owner] = head.exec(text) ?? [];
    if (name !== undefined && owner !== undefined) {
      this.#begin(name, owner);
      this.#end(this.#tests.at(-1), written);
    } else if (written !== null) this.#end(current, written);
  }

  /** Throws where the runner's totals are not those of the results: something else printed results, or took some away. */
  holdAgainst(ran: number, verdict: string): void {
    this.#settle();
    const tests = this.#tests.filter(({ name }) => !hook.test(name)).length;
    if (ran < tests || ran > tests + this.#repeated) {
      throw new ReportError(`the report says that ${String(ran)} tests ran, and holds the results of ${String(tests)}`);
    }
    for (const kind of counted) {
      const said = Number(new RegExp(`\\b${kind}(?:e?s)?=(\\d+)`).exec(verdict)?.[1] ?? 0);
      const held = this.#counts.get(kind) ?? 0;
      if (said === held) continue;
      throw new ReportError(`the report counts ${String(said)} results of kind \`${kind}\`, and holds ${String(held)}`);
    }
  }

  /** A test that ends in more than one way, as its body and its cleanup do, is named again for each. */
  #begin(name: string, owner: string): void {
    this.#settle();
    const current = this.#tests.at(-1);
    if (current?.name === name && current.owner === owner && current.outcome !== "passed") {
      this.#repeated += 1;
      return;
    }
    this.#tests.push({ name, owner, outcome: null, written: null, hasSkippedPart: false });
  }

  #end(test: Pending | undefined, written: string | null): void {
    if (test !== undefined && written !== null) test.written = written;
  }

  /** Takes the last word on how the test before ended. A failure of a part, or of its body, stays one. */
  #settle(): void {
    const test = this.#tests.at(-1);
    if (test === undefined) return;
    const kind = counted.find((candidate) => test.written?.startsWith(candidate));
    if (kind !== undefined) this.#count(kind);
    const outcome = outcomeOf(test.written) ?? (test.hasSkippedPart ? "skipped" : null);
    if (test.outcome !== "failed") test.outcome = outcome ?? test.outcome;
    test.written = null;
    test.hasSkippedPart = false;
  }

  #count(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  finish(isFailed: boolean): ParsedReport {
    const cases = new CaseList();
    const seen = new Set(this.#tests.map((test) => keyOf(test.name, test.owner)));
    // Older versions report setUpClass and the like without a line of their own.
    for (const [key] of this.#blocks) {
      const [name, owner] = key.split("\n");
      if (seen.has(key) || name === undefined || owner === undefined) continue;
      this.#tests.push({ name, owner, outcome: "failed", written: null, hasSkippedPart: false });
    }
    let failures = 0;
    for (const test of this.#tests) {
      const told = this.#blocks.get(keyOf(test.name, test.owner));
      const text = told ?? "";
      const outcome = told === undefined ? test.outcome : "failed";
      if (outcome === null) throw new ReportError(`the report does not say how \`${test.name.slice(0, 200)}\` ended`);
      if (outcome === "failed") failures += 1;
      addUnittestCase(cases, this.#context, { name: test.name, owner: test.owner, outcome, text });
    }
    if (isFailed !== failures > 0) throw new ReportError("the report's verdict contradicts its tests");
    return cases.finish();
  }
}

/** One result as unittest names it: the class of a test, what did not load, or a hook of a class or a module. */
export function addUnittestCase(
  cases: CaseList,
  context: ReportContext,
  test: { readonly name: string; readonly owner: string; readonly outcome: TestOutcome; readonly text: string },
): void {
  const { name, outcome, text } = test;
  if (test.owner.startsWith(unloaded)) {
    const module = test.owner.slice(unloaded.length + 1) || name;
    cases.addUnloaded(pythonFile(module, context) ?? module, text);
    return;
  }
  const scope = outcome === "failed" ? hook.exec(name)?.[1] : undefined;
  if (scope !== undefined) {
    // Once a hook holds, only tests are named: its failure is that of their class, or of their file.
    const file = pythonFile(test.owner, context);
    if (scope === "Module") cases.addUnloaded(file ?? test.owner, text);
    else cases.add({ parts: [], file, name: test.owner, outcome, message: text });
    return;
  }
  const owner = test.owner.endsWith(`.${name}`) ? test.owner.slice(0, -name.length - 1) : test.owner;
  cases.add({ parts: [owner], file: pythonFile(owner, context), name, outcome, message: text });
}

function keyOf(name: string, owner: string): string {
  return `${name}\n${owner}`;
}

function outcomeOf(written: string | null): TestOutcome | null {
  if (written === null) return null;
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
