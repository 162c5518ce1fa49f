import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { PhasegateError } from "@phasegate/wire/core";
import type { ExportReport } from "@phasegate/ledger/export";
import type { VerifyProblem, VerifyReport } from "@phasegate/ledger/verify";
import type { CommandLine } from "../command-line.ts";
import { dataDirectoryOf } from "../configuration.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printable, type Io } from "../io.ts";
import { styled } from "../output/colour.ts";
import { inSnakeCase } from "../output/snake-case.ts";
import { printJson } from "../output/table.ts";

/** Folders that a hint names at most. */
const maxNamed = 5;

export interface VerifyOptions {
  readonly file?: string;
  readonly dataDir?: string;
  readonly publicKey?: string;
  readonly json?: boolean;
}

/** Verifies a ledger on disk, with or without its server running. Exit code 1 when an entry does not stand. */
export async function verifyAudit(commandLine: CommandLine, options: VerifyOptions): Promise<void> {
  const { io } = commandLine;
  const file = await ledgerFile(io, options);
  const keyFile = options.publicKey ?? join(dirname(file), "keys", "ledger-head.pub.pem");
  const { verifyLedger } = await import("@phasegate/ledger/verify");
  let report: VerifyReport;
  try {
    report = await verifyLedger({ file, publicKeys: readPublicKeys(io, keyFile, options.publicKey !== undefined) });
  } catch (error) {
    if (!(error instanceof PhasegateError)) throw error;
    throw new CommandFailure(exitCodes.refused, error.message, {
      cause: error,
      hint: `name the ledger with --file, or its folder with --data-dir${ledgersBeside(file)}`,
    });
  }
  if (!report.ok) commandLine.exitWith(exitCodes.refused);
  if (options.json) return printJson(io, inSnakeCase({ file, ...report }));
  printReport(io, file, report);
}

/**
 * Verifies an export: the chain of every stream, the manifest, and with a public key its signatures. Exit code 1 when it
 * does not stand.
 */
export async function verifyExported(commandLine: CommandLine, name: string, options: VerifyOptions): Promise<void> {
  const { io } = commandLine;
  const path = resolve(io.cwd, name);
  const { verifyExport } = await import("@phasegate/ledger/export");
  const dataDir = options.dataDir ?? (await dataDirOrNull(io));
  const keyFile = options.publicKey ?? (dataDir === null ? null : join(dataDir, "keys", "ledger-head.pub.pem"));
  const publicKeys = keyFile === null ? [] : readPublicKeys(io, keyFile, options.publicKey !== undefined);
  let report: ExportReport;
  try {
    report = await verifyExport({ path, publicKeys });
  } catch (error) {
    if (!(error instanceof PhasegateError)) throw error;
    throw new CommandFailure(exitCodes.refused, error.message, {
      cause: error,
      hint: error.extras.hint ?? "name an export",
    });
  }
  if (!report.ok) commandLine.exitWith(exitCodes.refused);
  if (options.json) return printJson(io, inSnakeCase({ path, ...report }));
  for (const problem of report.problems) io.out(`${styled(io, "red", problem.area)} ${problemText(problem)}`);
  const signatures = !report.signaturesChecked
    ? "signatures not checked, no public key"
    : report.manifestSigned
      ? "signatures hold"
      : "the manifest is not signed";
  if (report.ok) {
    io.out(
      `${styled(io, "green", "ok")}: ${report.events} events in ${report.files} files, ${report.streams} streams, up to ` +
        `position ${report.lastPosition}, ${report.complete ? "complete" : "a part of the ledger"} (${signatures})`,
    );
    return;
  }
  const first = report.firstBad === null ? "" : `; first bad: ${problemText(report.firstBad)}`;
  io.out(`${styled(io, "red", "does not verify")}: ${printable(path)}${first}`);
}

/** An auditor's machine has no configuration. */
async function dataDirOrNull(io: Io): Promise<string | null> {
  try {
    return await dataDirectoryOf(io, undefined);
  } catch {
    return null;
  }
}

function printReport(io: Io, file: string, report: VerifyReport): void {
  const signatures = report.signaturesChecked ? "signatures hold" : "signatures not checked, no public key";
  for (const problem of report.problems) io.out(`${styled(io, "red", problem.area)} ${problemText(problem)}`);
  if (report.ok) {
    io.out(
      `${styled(io, "green", "ok")}: ${report.events} events in ${report.streams} streams, ${report.tasks} tasks, ` +
        `${report.signedHeads} signed heads (${signatures}), ${report.erasedPayloads} payloads erased`,
    );
    return;
  }
  const first = report.firstBad === null ? "" : `; first bad: ${problemText(report.firstBad)}`;
  io.out(`${styled(io, "red", "does not verify")}: ${printable(file)}${first}`);
}

function problemText({ position, stream, version, what }: VerifyProblem): string {
  const place = [
    ...(position === null ? [] : [`position ${position}`]),
    ...(stream === null ? [] : [`${stream}${version === null ? "" : ` version ${version}`}`]),
  ].join(", ");
  return printable(place === "" ? what : `${place}: ${what}`);
}

/** The folders beside that of a missing ledger that hold one. */
function ledgersBeside(file: string): string {
  if (existsSync(file)) return "";
  const parent = dirname(dirname(file));
  const names = existsSync(parent) ? readdirSync(parent) : [];
  const found = names.map((name) => join(parent, name)).filter((folder) => existsSync(join(folder, basename(file))));
  if (found.length === 0) return "";
  const others = found.length > maxNamed ? ` and ${found.length - maxNamed} more` : "";
  return `; there are ${found
    .slice(0, maxNamed)
    .map((folder) => `\`${folder}\``)
    .join(", ")}${others}`;
}

/** `--file`, else the ledger of `--data-dir`, else that of the configuration. */
async function ledgerFile(io: Io, options: VerifyOptions): Promise<string> {
  if (options.file !== undefined) return resolve(io.cwd, options.file);
  return join(await dataDirectoryOf(io, options.dataDir), "ledger.sqlite");
}

function readPublicKeys(io: Io, file: string, isNamed: boolean): readonly string[] {
  const path = resolve(io.cwd, file);
  if (existsSync(path)) return [readFileSync(path, "utf8")];
  if (!isNamed) return [];
  throw new CommandFailure(exitCodes.refused, `there is no public key \`${path}\``);
}
