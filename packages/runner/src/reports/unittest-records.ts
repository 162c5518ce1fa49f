import type { TestOutcome } from "@phasegate/wire";
import { CaseList } from "./case-list.ts";
import { ReportError, type ReportContext, type ReportFormat } from "./report-format.ts";
import { addUnittestCase } from "./unittest.ts";

/**
 * What the runner's own recorder says of a session of unittest, each record a JSON list in a line. A test ends in one
 * way, between its own start and stop, and only tests that were loaded run. Changes of unittest itself are no report.
 */
export const unittestRecords: ReportFormat = {
  name: "unittest-records",
  printedOn: null,
  parse(text, context) {
    if (text === "") return null;
    const session = new Session(context);
    for (const line of text.split("\n")) session.read(fieldsOf(line));
    return session.finish();
  },
};

/** Kinds of records that say how a test, or a part of one, ended. */
const endings = ["passed", "failed", "skipped", "todo", "part failed", "part skipped"] as const;
type Ending = (typeof endings)[number];

interface Running {
  readonly id: string;
  readonly title: string;
  readonly endings: Set<Ending>;
  text: string;
}

class Session {
  readonly #context: ReportContext;
  readonly #cases = new CaseList();
  /** Of all tests that were loaded; null where suites decide for themselves what of them runs. */
  #planned: ReadonlySet<string> | null = null;
  readonly #begun = new Set<string>();
  #running: Running | null = null;
  /** A hook of a class or module kept its tests from running. */
  #hasFailedHook = false;
  /** Python 3.12.1 skips a test before it begins, and stops it all the same. */
  #isSkippedEarly = false;
  #end: "stopped" | "whole" | null = null;

  constructor(context: ReportContext) {
    this.#context = context;
  }

  read([kind, ...fields]: readonly unknown[]): void {
    if (this.#end !== null) throw new ReportError("the report goes on behind its end");
    const [first, title, text] = fields.map((field) => (typeof field === "string" ? field : ""));
    if (kind === "plan") this.#planned = Array.isArray(fields[0]) ? new Set(fields[0].map(String)) : null;
    else if (kind === "start") this.#start(first ?? "", title ?? "");
    else if (kind === "stop") this.#stop(first ?? "");
    else if (kind === "end") this.#end = fields[0] === true ? "stopped" : "whole";
    else if (kind === "changed") {
      throw new ReportError(`code under test changed \`${plain(first)}\`, by which tests are run`);
    } else if (kind === "forged") {
      throw new ReportError(`code under test reported a result itself, in \`${plain(first)}\``);
    } else {
      const ending = endings.find((one) => one === kind);
      if (ending === undefined) throw new ReportError("the report holds a record of an unknown kind");
      this.#ended(ending, first ?? "", title ?? text ?? "");
    }
  }

  #start(id: string, title: string): void {
    if (this.#running !== null) throw new ReportError(`\`${plain(id)}\` began before another test had ended`);
    if (this.#planned?.has(id) === false) throw new ReportError(`\`${plain(id)}\` ran, and was not loaded before`);
    this.#begun.add(id);
    this.#isSkippedEarly = false;
    this.#running = { id, title, endings: new Set(), text: "" };
  }

  #ended(ending: Ending, title: string, text: string): void {
    const running = this.#running;
    if (running?.title === title) {
      running.endings.add(ending);
      running.text ||= text;
      return;
    }
    // Hooks of classes and modules, and what fails before a test has begun.
    if (ending !== "failed" && ending !== "skipped") {
      throw new ReportError(`\`${plain(title)}\` was said to have ${ending} while it did not run`);
    }
    this.#isSkippedEarly = ending === "skipped" && !/^(?:setUp|tearDown)(?:Class|Module) /.test(title);
    if (!this.#isSkippedEarly) this.#hasFailedHook = true;
    this.#add(title, ending, text);
  }

  #stop(id: string): void {
    const running = this.#running;
    if (running === null && this.#isSkippedEarly) {
      this.#isSkippedEarly = false;
      this.#begun.add(id);
      return;
    }
    if (running?.id !== id) throw new ReportError(`\`${plain(id)}\` ended and had not begun`);
    this.#running = null;
    const { title, text } = running;
    const isFailed = running.endings.has("failed") || running.endings.has("part failed");
    const whole = (["passed", "todo", "skipped"] as const).filter((one) => running.endings.has(one));
    if (whole.length > 1 || (isFailed && whole.includes("passed"))) {
      throw new ReportError(`\`${plain(title)}\` ended in more than one way`);
    }
    const outcome = isFailed ? "failed" : (whole[0] ?? (running.endings.has("part skipped") ? "skipped" : null));
    if (outcome === null) throw new ReportError(`the report does not say how \`${plain(title)}\` ended`);
    this.#add(title, outcome, text);
  }

  #add(title: string, outcome: TestOutcome, text: string): void {
    const [, name = title, owner = ""] = /^(\S+) \(([^()]+)\)$/.exec(title) ?? [];
    addUnittestCase(this.#cases, this.#context, { name, owner, outcome, text });
  }

  finish() {
    if (this.#end === null || this.#running !== null) throw new ReportError("the report ends before the tests do");
    const lost = [...(this.#planned ?? [])].filter((id) => !this.#begun.has(id));
    if (this.#end === "whole" && !this.#hasFailedHook && lost.length > 0) {
      const [first] = lost;
      throw new ReportError(`${String(lost.length)} of the loaded tests did not run, first \`${plain(first)}\``);
    }
    return this.#cases.finish();
  }
}

function fieldsOf(line: string): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(line);
    if (Array.isArray(fields)) return fields;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ReportError("the report holds a record that cannot be read");
}

function plain(text: string | undefined): string {
  return (text ?? "").replaceAll("`", "'").slice(0, 200);
}
