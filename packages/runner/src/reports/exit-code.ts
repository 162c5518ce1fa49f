import { CaseList } from "./case-list.ts";
import type { ReportFormat } from "./report-format.ts";

/** No report: the command as a whole is one test, named `exit-code`. */
export const exitCode: ReportFormat = {
  name: "exit-code",
  printedOn: null,
  parse(_text, context) {
    const cases = new CaseList();
    const outcome = context.exitCode === 0 ? "passed" : "failed";
    cases.add({ parts: [], file: null, name: "exit-code", outcome, message: `exit code ${String(context.exitCode)}` });
    return cases.finish();
  },
};
