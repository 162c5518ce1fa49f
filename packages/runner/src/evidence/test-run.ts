import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { PhasegateError, type LineCoverage, type TestCase, type TestRun } from "@phasegate/wire";
import { coverageTests, type TestSource } from "@phasegate/workflow";
import { withoutExpectedFailures } from "../reports/expected-failures.ts";
import { readLcov, withoutComments } from "../reports/lcov.ts";
import { findReportFormat } from "../reports/registry.ts";
import { ReportError, type ReportFormat } from "../reports/report-format.ts";
import type { Sandbox, SandboxResult } from "../sandbox/sandbox.ts";
import { writtenSnapshots } from "../reports/written-snapshots.ts";
import { unittestRecords } from "../reports/unittest-records.ts";
import { missingTool } from "./missing-tool.ts";
import { judgeReport, type JudgedReport } from "./judge-report.ts";
import { limitNote, outputTail } from "./output-tail.ts";
import { maxReportBytes, readReport } from "./read-report.ts";
import { removeDirectory } from "../tree/remove-directory.ts";
import { failingFiles, mergeRetry } from "./retries.ts";
import { reportNames, runScript } from "./run-script.ts";
import type { RunSettings } from "./run-settings.ts";
import { leaveKey, recordedSession, unsealed, type RecordedSession } from "./unittest-recorder.ts";
import { wordsOfWholeRun } from "./test-runner.ts";
import { composeCommand, fileWords, mayNameFiles, placedCommand, selectionWords } from "./test-command.ts";

/** Where a run in the OS sandbox sees its report directory. */
const reportDirectorySeen = "/report";

export interface TestCommandRequest {
  readonly sandbox: Sandbox;
  /** Below the data directory: report directories are made here. */
  readonly scratch: string;
  readonly settings: RunSettings;
  readonly selection: string | null;
  readonly workspacePath: string;
  readonly lowerLayers: readonly string[];
  /** Paths of all files of the tree. */
  readonly files: readonly string[];
  /** Those that differ from the base; true of those that it does not have. */
  readonly changed: ReadonlyMap<string, boolean>;
  readonly workflow: TestSource["workflow"];
  /** The text of a file as the tree has it, whatever the run made of it; null where it is not to be read. */
  textOf(path: string): string | null;
  readonly signal: AbortSignal;
}

type CommandFacts = Pick<
  TestRun,
  | "command"
  | "status"
  | "exitCode"
  | "cases"
  | "unloadedFiles"
  | "flaky"
  | "stoppedEarly"
  | "coverage"
  | "snapshotsWritten"
  | "rewrittenFiles"
  | "output"
  | "problem"
>;

/** Runs the tests of one checkout, those that failed again where the workflow wants retries, and says what came out. */
export async function runTestCommand(request: TestCommandRequest): Promise<CommandFacts> {
  const words = request.selection === null ? [] : selectionWords(request.selection);
  const first = await runOnce(request, words);
  const { output: _, ...facts } = first;
  if (first.status !== "completed") return { ...facts, flaky: [], output: first.output };
  let { cases } = first;
  let written = first.rewrittenFiles;
  const flaky = new Set<string>();
  const notes: string[] = [];
  for (let retry = 1; retry <= request.settings.retries; retry += 1) {
    const files = failingFiles(cases);
    if (files?.length === 0 || request.signal.aborted) break;
    const isNarrow = files !== null && words.length === 0 && mayNameFiles(request.settings, request.files);
    const again = await runOnce(request, isNarrow ? fileWords(files, request.settings.cwd) : words);
    notes.push(`retry ${String(retry)}: ${again.status}, exit code ${String(again.exitCode)}`);
    written = bothWritten(written, again.rewrittenFiles);
    if (again.status !== "completed") break;
    const merged = mergeRetry(cases, again.cases);
    cases = merged.cases;
    for (const identity of merged.flaky) flaky.add(identity);
  }
  const output = [first.output, ...notes].join("\n").slice(-outputLength);
  const { rewrittenFiles: __, ...others } = facts;
  return { ...others, ...(written === undefined ? {} : { rewrittenFiles: written }), cases, flaky: [...flaky], output };
}

type Written = TestRun["rewrittenFiles"];

function bothWritten(one: Written, other: Written): Written {
  if (one === null || other === null) return null;
  const files = [...new Set([...(one ?? []), ...(other ?? [])])];
  return files.length === 0 ? undefined : files.slice(0, maxWritten);
}

/** Most files that one run names. */
const maxWritten = 200;

const outputLength = 4_096;

export type OneRun = Omit<CommandFacts, "flaky">;

/** One run in a report directory of its own, so that no report of another run can be taken for its own. */
export async function runOnce(request: TestCommandRequest, words: readonly string[]): Promise<OneRun> {
  const { sandbox, settings } = request;
  const format = formatOf(settings.format);
  const directory = path.join(request.scratch, `report-${randomUUID()}`);
  await mkdir(directory, { mode: 0o700 });
  await using _ = { [Symbol.asyncDispose]: () => removeDirectory(directory) };
  const isConfined = sandbox.workspacePathSeen(request.workspacePath) !== request.workspacePath;
  const reportDirectory = isConfined ? reportDirectorySeen : directory;
  const recorded = recordedSession(settings, isConfined);
  const source = recorded === null ? reportSource(settings, format) : "report";
  const places = {
    report: `${reportDirectory}/${reportNames.report}`,
    coverage: `${reportDirectory}/${reportNames.measured}`,
  };
  const allWords = [...wordsOfWholeRun(settings.command), ...words];
  const shown = composeCommand(settings.command, allWords);
  const { command: coverageCommand, report: tracefile } = settings.coverage ?? { command: null, report: null };
  if (recorded !== null) await leaveKey(path.join(directory, reportNames.key), recorded);
  const command = recorded === null ? settings.command : recorded.command(places.report);
  const script = runScript({
    reportDirectory,
    prepare: settings.prepare,
    cwd: settings.cwd,
    command: composeCommand(placedCommand(command, places), allWords),
    coverageCommand: coverageCommand === null ? null : placedCommand(coverageCommand, places),
    collect: [
      ...(source === "collected" && settings.report !== null
        ? [{ path: settings.report, as: reportNames.collected }]
        : []),
      ...(tracefile === null ? [] : [{ path: tracefile, as: reportNames.coverage }]),
    ],
    mergeStreams: source === "both",
    hasKey: recorded !== null,
  });
  const result = await sandbox.run({
    argv: ["bash", "-c", script],
    workspacePath: request.workspacePath,
    on: "throwaway",
    lowerLayers: request.lowerLayers,
    watched: request.files.filter((file) => file !== settings.report && file !== tracefile),
    cwd: "",
    environment: { NO_COLOR: "1", FORCE_COLOR: "0", ...settings.env },
    readOnlyMounts: recorded?.mounts ?? [],
    writableMounts: isConfined ? [{ source: directory, target: reportDirectorySeen }] : [],
    network: settings.network,
    timeoutMs: settings.timeoutSeconds * 1000,
    limits: {
      ...sandbox.limits,
      outputBytes: source === "report" || source === "none" ? keptOutputBytes : maxReportBytes,
    },
    signal: request.signal,
  });
  if (result.ended === "timed_out") {
    return unfinished("timed_out", shown, result, `ended after ${String(settings.timeoutSeconds)} s`);
  }
  if (result.ended === "over_limit") return unfinished("over_limit", shown, result, limitNote(result, sandbox));
  if (await exists(directory, reportNames.prepareFailed)) {
    return unfinished("prepare_failed", shown, result, "`evidence.tests.prepare` failed");
  }
  const about = {
    workspace: isConfined
      ? sandbox.workspacePathSeen(request.workspacePath)
      : ((await readReport(directory, reportNames.workspace).catch(() => null)) ?? request.workspacePath),
    cwd: settings.cwd,
    exitCode: result.exitCode,
    output: `${result.stdout.text}\n${result.stderr.text}`,
  };
  const judged = await judgeReport(
    {
      format: recorded === null ? format.name : unittestRecords.name,
      files: request.files,
      about,
      isTestFile: (file) => request.workflow.isTestFile(file),
      printed: recorded === null ? printedSums(source, format, result) : "",
    },
    () => (recorded === null ? readSource(source, directory, result) : readRecords(directory, recorded)),
  );
  const { problem, ...read } = judged;
  const report = {
    ...read,
    cases: await withoutExpectedFailures(read.cases, {
      output: about.output,
      isCut: result.stdout.truncated,
      textOf: (file) => request.textOf(file),
    }),
  };
  const measured =
    settings.coverage === null ? null : await readCoverage(directory, { ...about, ...request, cases: report.cases });
  const snapshotsWritten = writtenSnapshots(about.output);
  const why = problem === null ? (measured?.problem ?? null) : explained(judged.status, problem, about.output);
  return {
    ...report,
    command: shown,
    exitCode: result.exitCode,
    coverage: measured?.coverage ?? null,
    ...(snapshotsWritten > 0 ? { snapshotsWritten } : {}),
    ...(result.written?.length === 0 ? {} : { rewrittenFiles: testsFirst(result.written, request.workflow) }),
    output: outputTail(result, why ?? problem),
    ...(why === null ? {} : { problem: why }),
  };
}

function testsFirst(written: readonly string[] | null, workflow: TestSource["workflow"]): readonly string[] | null {
  const isLast = (file: string): number => Number(!workflow.isTestFile(file));
  return written?.toSorted((one, other) => isLast(one) - isLast(other)).slice(0, maxWritten) ?? null;
}

/** Where a test runner that reports to a file sums up: jest on standard error, the others on standard output. */
function printedSums(source: ReportSource, format: ReportFormat, { stdout, stderr }: SandboxResult): string {
  if (source !== "report") return "";
  return format.name === "jest-json" ? stderr.text : stdout.text;
}

/** Why there is no report to judge by, where more is known than that. */
function explained(status: TestRun["status"], problem: string, output: string): string | null {
  return status === "no_report" ? missingTool(output) : problem;
}

/** Of a test runner that reports to a file; what node prints beside its report counts as well. */
const keptOutputBytes = 4 * 1024 * 1024;

type ReportSource = "report" | "collected" | "stdout" | "stderr" | "both" | "none";

function reportSource(settings: RunSettings, format: ReportFormat): ReportSource {
  if (format.printedOn === null) return "none";
  if (settings.command.includes("{report}")) return "report";
  return settings.report === null ? format.printedOn : "collected";
}

async function readRecords(directory: string, recorded: RecordedSession): Promise<string | null> {
  const text = await readReport(directory, reportNames.report);
  return text === null ? null : unsealed(text, recorded);
}

async function readSource(source: ReportSource, directory: string, result: SandboxResult): Promise<string | null> {
  switch (source) {
    case "none":
      return "";
    case "report":
      return await readReport(directory, reportNames.report);
    case "collected":
      return await readReport(directory, reportNames.collected);
    case "both":
    case "stdout":
      return wholeText(result.stdout);
    case "stderr":
      return wholeText(result.stderr);
    default:
      return source satisfies never;
  }
}

function wholeText(output: SandboxResult["stdout"]): string {
  if (output.truncated) throw new ReportError(`the printed report is larger than ${String(maxReportBytes)} bytes`);
  return output.text;
}

/** What the run measured, or why there is nothing. */
async function readCoverage(
  directory: string,
  {
    workspace,
    cwd,
    files,
    textOf,
    ...source
  }: { workspace: string; cwd: string; cases: readonly TestCase[] } & Pick<
    TestCommandRequest,
    "files" | "changed" | "workflow" | "textOf"
  >,
): Promise<{ readonly coverage: LineCoverage | null; readonly problem: string | null }> {
  const known = new Set(files);
  const isTest = coverageTests({ ...source, textOf });
  const context = {
    workspace,
    cwd,
    isFile: (file: string) => known.has(file),
    // What the base has was left to its tests by its name.
    isTestFile: (file: string) => (source.changed.has(file) ? isTest(file) : source.workflow.isTestFile(file)),
  };
  try {
    const text = await readReport(directory, reportNames.coverage);
    if (text !== null) return { coverage: await withoutComments(readLcov(text, context), textOf), problem: null };
    const printed = (await readReport(directory, reportNames.coverageOutput)) ?? "";
    const last = printed.trim().split("\n").at(-1) ?? "";
    const why = missingTool(printed) ?? (last === "" ? "the run left no LCOV tracefile" : last.slice(0, 200));
    return { coverage: null, problem: why };
  } catch (error) {
    if (error instanceof ReportError) return { coverage: null, problem: `the coverage report: ${error.message}` };
    throw error;
  }
}

async function exists(directory: string, name: string): Promise<boolean> {
  return (await readReport(directory, name).catch(() => "")) !== null;
}

function unfinished(
  status: Extract<TestRun["status"], "timed_out" | "over_limit" | "prepare_failed">,
  command: string,
  result: SandboxResult,
  note: string | null,
): OneRun {
  const exitCode = status === "prepare_failed" ? result.exitCode : null;
  const nothing: Pick<JudgedReport, "cases" | "unloadedFiles" | "stoppedEarly"> = {
    cases: [],
    unloadedFiles: [],
    stoppedEarly: false,
  };
  return { ...nothing, status, command, exitCode, coverage: null, output: outputTail(result, note) };
}

function formatOf(name: string): ReportFormat {
  const format = findReportFormat(name);
  if (format !== null) return format;
  throw new PhasegateError("workspace_unavailable", `no parser reads reports of format \`${name}\``, {
    hint: "name another `format` under `evidence.tests`",
  });
}
