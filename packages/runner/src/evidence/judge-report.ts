import type { TestCase, TestRun, TestRunStatus, UnloadedTestFile } from "@phasegate/wire";
import { causeOfUnloaded, type CauseContext } from "../reports/cause-of-unloaded.ts";
import { parseReport, type ReportText } from "../reports/parse-report.ts";
import { printedFailures } from "../reports/printed-failures.ts";
import { ReportError } from "../reports/report-format.ts";

const maxMessageLength = 2_048;

export interface JudgedReport extends Pick<TestRun, "cases" | "unloadedFiles" | "stoppedEarly"> {
  readonly status: Extract<TestRunStatus, "completed" | "no_report" | "report_invalid" | "contradiction">;
  /** What is wrong with the report; null when nothing is. */
  readonly problem: string | null;
}

const nothing = { cases: [], unloadedFiles: [], stoppedEarly: false } as const;

/**
 * What a run reported, held against its exit code and against what its test runner printed as a sum. `read` null: there
 * is no report. A report without any test contradicts no exit code, since runners disagree on whether that is a success.
 */
export async function judgeReport(
  request: Omit<ReportText, "text"> & {
    isTestFile: CauseContext["isTestFile"];
    /** What the test runner printed, where its report is a file. */
    readonly printed: string;
  },
  read: () => Promise<string | null>,
): Promise<JudgedReport> {
  const { format, files, about, isTestFile, printed } = request;
  try {
    const text = await read();
    const report = text === null ? null : await parseReport({ format, files, about, text });
    if (report === null) return { ...nothing, status: "no_report", problem: `the run left no ${format} report` };
    const known = new Set(files);
    const context: CauseContext = { ...about, isTestFile, isFile: (file) => known.has(file) };
    const unloadedFiles = report.unloaded.map(({ file, text }) => ({
      file,
      message: text.slice(0, maxMessageLength).toWellFormed(),
      cause: causeOfUnloaded(text, file, context),
    }));
    const { cases, stoppedEarly } = report;
    const problem = contradiction(cases, unloadedFiles, { exitCode: about.exitCode, printed });
    return { cases, unloadedFiles, stoppedEarly, status: problem === null ? "completed" : "contradiction", problem };
  } catch (error) {
    if (error instanceof ReportError) return { ...nothing, status: "report_invalid", problem: error.message };
    throw error;
  }
}

function contradiction(
  cases: readonly TestCase[],
  unloadedFiles: readonly UnloadedTestFile[],
  { exitCode, printed }: { readonly exitCode: number; readonly printed: string },
): string | null {
  const failed = cases.filter((test) => test.outcome === "failed").length + unloadedFiles.length;
  if (exitCode === 0 && failed > 0) return `exit code 0 with ${String(failed)} failures in the report`;
  if (exitCode !== 0 && failed === 0 && cases.length > 0) {
    return `exit code ${String(exitCode)} with no failure in the report`;
  }
  const told = printedFailures(printed);
  if (told !== null && told > 0 && failed === 0) {
    return `the test runner printed that ${String(told)} tests failed, and the report names no failure`;
  }
  return null;
}
