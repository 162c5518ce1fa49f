import { XMLParser, XMLValidator } from "fast-xml-parser";
import type { TestOutcome } from "@phasegate/wire";
import { CaseList } from "./case-list.ts";
import { printedByFile, printedFailure } from "./node-output.ts";
import { doctestFile, pythonFile, reportedPath } from "./reported-path.ts";
import { ReportError, type ParsedReport, type ReportContext, type ReportFormat } from "./report-format.ts";

const maxNesting = 64;
/** Names that a writer puts where others put a suite. */
const fillers = new Set(["pytest", "test"]);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  maxNestedTags: maxNesting,
  isArray: (name) => ["testsuites", "testsuite", "testcase", "failure", "error", "skipped"].includes(name),
});

/** JUnit XML as node --test, vitest, jest-junit and pytest each write it. Document types are refused, entities off. */
export const junit: ReportFormat = {
  name: "junit",
  printedOn: "stdout",
  parse(text, context) {
    if (text.trim() === "") return null;
    const document = parseXml(text);
    const cases = new CaseList();
    const walk = new Walk(cases, context);
    if (!("testsuites" in document) && !("testsuite" in document)) {
      throw new ReportError("the report has neither `testsuites` nor `testsuite` at its root");
    }
    refuseOthers(document);
    for (const root of elements(document["testsuites"])) walk.suite(root, []);
    for (const suite of elements(document["testsuite"])) walk.suite(suite, [attribute(suite, "name")]);
    return walk.finish();
  },
};

type Element = Readonly<Record<string, unknown>>;

interface Suite {
  readonly path: readonly string[];
}

/** A test as one of the writers tells it, before it is known which writer that was. */
interface WrittenCase {
  readonly suites: readonly string[];
  readonly classname: string;
  readonly name: string;
  readonly file: string | null;
  readonly outcome: TestOutcome;
  readonly text: string;
}

class Walk {
  readonly #cases: CaseList;
  readonly #context: ReportContext;
  readonly #written: WrittenCase[] = [];
  readonly #ended: { readonly name: string; readonly tests: readonly WrittenCase[] }[] = [];

  constructor(cases: CaseList, context: ReportContext) {
    this.#cases = cases;
    this.#context = context;
  }

  suite(suite: Element, path: Suite["path"]): void {
    const from = this.#written.length;
    for (const testcase of elements(suite["testcase"])) this.#written.push(this.#read(testcase, path));
    for (const inner of elements(suite["testsuite"])) this.suite(inner, [...path, attribute(inner, "name")]);
    this.#ended.push({ name: path.at(-1) ?? "", tests: this.#written.slice(from) });
  }

  finish(): ParsedReport {
    const printed = printedByFile(this.#context.output);
    let collected = 0;
    let uncollected = 0;
    for (const test of this.#written) {
      const { file } = test;
      if (file !== null && this.#isWholeFile(test)) {
        // node --test reports a file without tests as a test that passed: it holds none.
        if (test.outcome !== "failed") continue;
        uncollected += 1;
        this.#cases.addUnloaded(
          file,
          test.text.startsWith("test failed") ? (printed.get(test.name) ?? test.text) : test.text,
        );
        continue;
      }
      collected += 1;
      const classname = test.classname === "" ? "" : withoutModule(test.classname, file);
      const parts = [file ?? "", ...test.suites, classname].filter((part) => !fillers.has(part));
      this.#cases.add({
        parts: withoutEchoes(parts, file),
        file,
        name: test.name,
        outcome: test.outcome,
        message: test.text,
      });
    }
    if (this.#context.exitCode !== 0) this.#addLostFailures();
    // pytest runs nothing at all when one file cannot be collected, unless it is told to go on.
    return this.#cases.finish(uncollected > 0 && collected === 0 && this.#context.exitCode === 2);
  }

  /**
   * node --test leaves the failure of a test with subtests, and of a suite's hooks, out of its report. What it printed
   * names them; since they are no case there, their file is what failed.
   */
  #addLostFailures(): void {
    for (const { name, tests } of this.#ended) {
      const file = tests[0]?.file;
      if (file === undefined || file === null || tests.some((test) => test.outcome === "failed")) continue;
      const text = printedFailure(this.#context.output, name);
      if (text !== null) this.#cases.addUnloaded(file, text);
    }
  }

  /** Whether the writer named a file where a test's name belongs. */
  #isWholeFile(test: WrittenCase): boolean {
    if (test.text.startsWith(collectionFailure)) return true;
    if (test.file === null || !test.name.includes(".")) return false;
    if (doctestFile(test.classname, test.name, this.#context) === test.file) return false;
    // vitest writes it relative to the package of a monorepo that the file belongs to.
    const isTail = test.outcome === "failed" && test.file.endsWith(`/${test.name}`);
    return isTail || reportedPath(test.name, this.#context) === test.file;
  }

  #read(testcase: Element, suites: readonly string[]): WrittenCase {
    const classname = attribute(testcase, "classname");
    const name = attribute(testcase, "name");
    const { outcome, text } = readOutcome(testcase);
    return { suites, classname, name, file: this.#fileOf(testcase, suites, classname, name), outcome, text };
  }

  #fileOf(testcase: Element, suites: readonly string[], classname: string, name: string): string | null {
    const context = this.#context;
    const written = attribute(testcase, "file");
    if (written !== "") return reportedPath(written, context);
    for (const candidate of [classname, ...suites.toReversed()]) {
      const found = candidate === "" ? null : reportedPath(candidate, context);
      if (found !== null && context.isFile(found)) return found;
    }
    return doctestFile(classname, name, context) ?? pythonFile(classname === "" ? name : classname, context);
  }
}

const collectionFailure = "collection failure";

function readOutcome(testcase: Element): { outcome: TestOutcome; text: string } {
  const skipped = elements(testcase["skipped"])[0];
  if (skipped !== undefined) {
    const type = attribute(skipped, "type");
    return { outcome: type === "todo" || type === "pytest.xfail" ? "todo" : "skipped", text: "" };
  }
  const failures = [...elements(testcase["failure"]), ...elements(testcase["error"])];
  if (failures.length === 0) return { outcome: "passed", text: "" };
  const texts = failures.map((failure) => {
    const [message, body] = [attribute(failure, "message"), textOf(failure)];
    return body.trimStart().startsWith(message) ? body.trim() : `${message}\n${body.trim()}`;
  });
  return { outcome: "failed", text: texts.join("\n") };
}

/** pytest names the class `tests.test_a.TestMath` in the file `tests/test_a.py`. */
function withoutModule(classname: string, file: string | null): string {
  if (file === null) return classname;
  // A text that is run as a doctest.
  if (classname.includes(".") && classname === file.replaceAll("/", ".")) return "";
  if (!file.endsWith(".py")) return classname;
  const module = file.slice(0, -".py".length).replaceAll("/", ".");
  if (classname === module) return "";
  return classname.startsWith(`${module}.`) ? classname.slice(module.length + 1) : classname;
}

/** A part that repeats the file or the parts before it says nothing: `math.deep` after `math > deep`. */
function withoutEchoes(parts: readonly string[], file: string | null): string[] {
  const kept: string[] = [];
  for (const part of parts) {
    const suites = file !== null && kept[0] === file ? kept.slice(1) : kept;
    const isEcho =
      part === "" || (kept.length > 0 && part === file) || part === suites.join(".") || part === suites.join(" ");
    if (!isEcho) kept.push(part);
  }
  return kept;
}

/** What stands beside the suites would be lost. */
function refuseOthers(document: Element): void {
  for (const [name, value] of Object.entries(document)) {
    if (name.startsWith("?") || name === "testsuites" || name === "testsuite") continue;
    if (name === "#text" && typeof value === "string" && value.trim() === "") continue;
    throw new ReportError("the report goes on behind its root; let each run write one document");
  }
}

function parseXml(text: string): Element {
  if (hasDocumentType(text)) throw new ReportError("the report has a document type");
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new ReportError(`the report is not well-formed XML: ${valid.err.msg}`);
  try {
    return parser.parse(text) as Element;
  } catch (cause) {
    throw new ReportError(`the report cannot be read: ${cause instanceof Error ? cause.message : ""}`, { cause });
  }
}

/** Looks before the first element only: inside, `<!DOCTYPE` may stand in a message. */
function hasDocumentType(text: string): boolean {
  const root = /<[A-Za-z_]/.exec(text);
  return /<!DOCTYPE/i.test(text.slice(0, root?.index));
}

function elements(value: unknown): Element[] {
  const list = Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
  return list.map((item) => (typeof item === "object" && item !== null ? (item as Element) : { "#text": item }));
}

function attribute(element: Element, name: string): string {
  const value = element[`@${name}`];
  return typeof value === "string" ? decode(value) : "";
}

function textOf(element: Element): string {
  const value = element["#text"];
  return typeof value === "string" ? decode(value) : "";
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The five names of XML and numbers; nothing is ever expanded twice. */
function decode(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|amp|lt|gt|quot|apos);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return named[name.toLowerCase()] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
