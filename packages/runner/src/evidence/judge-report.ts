import type { TestRunStatus } from "@phasegate/wire";
import { ReportError, type ParsedReport, type ReportContext, type ReportFormat } from "../reports/report-format.ts";

export interface JudgedReport extends ParsedReport {
  readonly status: Extract<TestRunStatus, "completed" | "no_report" | "report_invalid" | "contradiction">;
  /** What is wrong with the report; null when nothing is. */
  readonly problem: string | null;
}

const nothing: ParsedReport = { cases: [], unloadedFiles: [], stoppedEarly: false };

/**
 * What a run reported, held against its exit code. `read` null: there is no report. A report without any test
 * contradicts no exit code, since runners disagree on whether that is a success.
 */
export async function judgeReport(
  format: ReportFormat,
  context: ReportContext,
  read: () => Promise<string | null>,
): Promise<JudgedReport> {
  try {
    const text = await read();
    const report = text === null ? null : format.parse(text, context);
    if (report === null) return { ...nothing, status: "no_report", problem: `the run left no ${format.name} report` };
    const problem = contradiction(report, context.exitCode);
    return { ...report, status: problem === null ? "completed" : "contradiction", problem };
  } catch (error) {
    if (error instanceof ReportError) return { ...nothing, status: "report_invalid", problem: error.message };
    throw error;
  }
}

function contradiction({ cases, unloadedFiles }: ParsedReport, exitCode: number): string | null {
  const failed = cases.filter((test) => test.outcome === "failed").length + unloadedFiles.length;
  if (exitCode === 0 && failed > 0) return `exit code 0 with ${String(failed)} failures in the report`;
  if (exitCode !== 0 && failed === 0 && cases.length > 0) {
    return `exit code ${String(exitCode)} with no failure in the report`;
  }
  return null;
}
