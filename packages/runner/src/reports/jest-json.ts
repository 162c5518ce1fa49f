import type { TestOutcome } from "@phasegate/wire";
import { CaseList } from "./case-list.ts";
import { reportedPath } from "./reported-path.ts";
import { ReportError, type ReportFormat } from "./report-format.ts";

const outcomes: Readonly<Record<string, TestOutcome>> = {
  passed: "passed",
  failed: "failed",
  pending: "skipped",
  skipped: "skipped",
  disabled: "skipped",
  todo: "todo",
};

/** The JSON of `jest --json`, which `vitest --reporter=json` writes too. */
export const jestJson: ReportFormat = {
  name: "jest-json",
  printedOn: "stdout",
  parse(text, context) {
    if (text.trim() === "") return null;
    const report = parseJson(text);
    if (!isObject(report) || !Array.isArray(report["testResults"])) throw wrong("`testResults`");
    const cases = new CaseList();
    for (const result of report["testResults"] as unknown[]) {
      if (!isObject(result) || typeof result["name"] !== "string") throw wrong("`name` of a file");
      if (!Array.isArray(result["assertionResults"])) throw wrong("`assertionResults`");
      const file = reportedPath(result["name"], context);
      const tests = result["assertionResults"] as unknown[];
      if (tests.length === 0 && result["status"] === "failed") {
        cases.addUnloaded(file ?? result["name"], stringOf(result["message"]));
      }
      for (const test of tests) {
        if (!isObject(test) || typeof test["title"] !== "string") throw wrong("`title` of a test");
        const outcome = outcomes[stringOf(test["status"])];
        if (outcome === undefined) throw wrong("`status` of a test");
        const suites = stringsOf(test["ancestorTitles"]);
        const message = stringsOf(test["failureMessages"]).join("\n");
        cases.add({ parts: [file ?? result["name"], ...suites], file, name: test["title"], outcome, message });
      }
    }
    return cases.finish(report["wasInterrupted"] === true);
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ReportError("the report is not JSON", { cause });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).filter((item) => typeof item === "string") : [];
}

function wrong(what: string): ReportError {
  return new ReportError(`the report is not jest's JSON: ${what} is missing or has another type`);
}
