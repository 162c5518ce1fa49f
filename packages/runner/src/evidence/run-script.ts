import { quoteWord } from "./test-command.ts";

/** Names in the report directory, which the runner chose and made empty for this one run. */
export const reportNames = {
  report: "report",
  collected: "collected",
  coverage: "coverage",
  /** The folder that `{coverage}` stands for. */
  measured: "measured",
  coverageOutput: "coverage-output",
  workspace: "workspace-path",
  prepareFailed: "prepare-failed",
  /** Of a recorded session; gone before anything of the checkout runs. */
  key: "key",
} as const;

export interface RunScriptOptions {
  /** Where the run sees its report directory. */
  readonly reportDirectory: string;
  readonly prepare: string | null;
  /** Relative to the checkout; "" is the checkout itself. */
  readonly cwd: string;
  readonly command: string;
  /** Runs behind the command, whatever came of it. */
  readonly coverageCommand: string | null;
  /** Files of the checkout that the run shall write: removed before it begins, collected when it has ended. */
  readonly collect: readonly { readonly path: string; readonly as: string }[];
  /** The report is printed: both streams become one. */
  readonly mergeStreams: boolean;
  /** There is a key, which the command alone gets, by descriptor 3. */
  readonly hasKey: boolean;
}

/**
 * One shell script for a whole run, since what it writes lives in one throwaway copy: prepare, remove old reports,
 * run, make the coverage report, collect. Its exit code is the command's.
 */
export function runScript(options: RunScriptOptions): string {
  const inReports = (name: string) => quoteWord(`${options.reportDirectory}/${name}`);
  const enter = options.cwd === "" ? "" : `cd -- ${quoteWord(`./${options.cwd}`)} && `;
  const lines = options.hasKey
    ? [`IFS= read -r key < ${inReports(reportNames.key)} && rm -- ${inReports(reportNames.key)} || exit 1`]
    : [];
  lines.push("top=$(pwd -P)", `printf %s "$top" > ${inReports(reportNames.workspace)}`);
  lines.push(`mkdir -- ${inReports(reportNames.measured)} || exit 1`);
  if (options.prepare !== null) {
    lines.push(
      `( ${enter}exec bash -c -- ${quoteWord(options.prepare)} ) || { : > ${inReports(reportNames.prepareFailed)}; exit 1; }`,
    );
  }
  for (const { path } of options.collect) lines.push(`rm -rf -- ${quoteWord(`./${path}`)} || exit 1`);
  const streams = `${options.mergeStreams ? " 2>&1" : ""}${options.hasKey ? ' 3<<< "$key"' : ""}`;
  lines.push(
    `( ${enter}exec bash -c -- ${quoteWord(options.command)} )${streams}`,
    "code=$?",
    'cd -- "$top" || exit 1',
  );
  if (options.coverageCommand !== null) {
    lines.push(
      `( ${enter}exec bash -c -- ${quoteWord(options.coverageCommand)} ) > ${inReports(reportNames.coverageOutput)} 2>&1`,
    );
  }
  for (const { path, as } of options.collect) {
    lines.push(`[ ! -f ${quoteWord(`./${path}`)} ] || cp -- ${quoteWord(`./${path}`)} ${inReports(as)}`);
  }
  const tracefile = inReports(`${reportNames.measured}/lcov.info`);
  lines.push(`[ ! -f ${tracefile} ] || cp -- ${tracefile} ${inReports(reportNames.coverage)}`, "exit $code");
  return lines.join("\n");
}
