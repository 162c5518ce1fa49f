import type { Command } from "commander";
import type { Diagnostic } from "@phasegate/workflow";
import type { CommandLine } from "../command-line.ts";
import { exitCodes } from "../failure.ts";
import { printable, type Io } from "../io.ts";
import { styled } from "../output/colour.ts";
import { printJson } from "../output/table.ts";
import type { WorkflowSource } from "../workflow/workflow-source.ts";

interface LintOptions {
  readonly expand?: boolean;
  readonly json?: boolean;
}

export function register(program: Command, commandLine: CommandLine): void {
  program
    .command("lint [file]")
    .description("name every error and warning of a workflow file; exit code 1 when there are errors")
    .option("--expand", "print the long form, with where each line came from")
    .option("--json", "print as JSON")
    .action((file: string | undefined, options: LintOptions) => lint(commandLine, file, options));
}

async function lint(commandLine: CommandLine, file: string | undefined, options: LintOptions): Promise<void> {
  const { io } = commandLine;
  const { WorkflowSource } = await import("../workflow/workflow-source.ts");
  const source = await WorkflowSource.open(io, file);
  const loaded = source.load();
  const diagnostics = loaded.ok
    ? [...loaded.warnings, ...source.warningsOfRepository(loaded.stored)]
    : loaded.diagnostics;
  if (!loaded.ok) commandLine.exitWith(exitCodes.refused);
  if (options.json) {
    const { expandedJson } = await import("@phasegate/workflow");
    return printJson(io, {
      valid: loaded.ok,
      digest: loaded.ok ? loaded.stored.digest : null,
      diagnostics: diagnostics.map((diagnostic) => ({ ...diagnostic, place: source.shown(diagnostic) })),
      ...(options.expand && loaded.ok ? expandedJson(loaded.stored) : {}),
    });
  }
  if (options.expand && loaded.ok) {
    const { expandedYaml } = await import("@phasegate/workflow");
    for (const line of expandedYaml(loaded.stored).trimEnd().split("\n")) io.out(printable(line));
    return;
  }
  for (const diagnostic of diagnostics) printDiagnostic(io, source, diagnostic);
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  io.out(`${count(errors, "error")}, ${count(diagnostics.length - errors, "warning")}`);
  if (!loaded.ok) return;
  io.out(`${printable(loaded.stored.normalized.name)} ${loaded.stored.digest}`);
}

function printDiagnostic(io: Io, source: WorkflowSource, diagnostic: Diagnostic): void {
  const { severity, code, message, hint, place } = diagnostic;
  const label = styled(io, severity === "error" ? "red" : "yellow", severity);
  io.out(`${printable(source.shown(diagnostic))}: ${label} ${code}: ${printable(message)}`);
  for (const line of source.underlined(place)) io.out(line);
  if (hint !== null) io.out(`  hint: ${printable(hint)}`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
