import type { Command } from "commander";
import type { Place } from "@phasegate/wire";
import { PhasegateError } from "@phasegate/wire/core";
import type { CommandLine } from "../command-line.ts";
import { loadConfiguration } from "../configuration.ts";
import { exitCodes } from "../failure.ts";
import { printable, type Io } from "../io.ts";
import { registerChanges, showRunning } from "./config-server.ts";
import { printJson, printTable } from "../output/table.ts";
import { underlineRule } from "../output/underline.ts";

interface ConfigOptions {
  readonly config?: string;
  readonly sources?: boolean;
  readonly json?: boolean;
}

interface ShowOptions extends ConfigOptions {
  readonly server?: string;
}

export function register(program: Command, commandLine: CommandLine): void {
  const config = program.command("config").description("settings: show, set, validate, reload");

  config
    .command("show")
    .description("print every setting, and with --server those of the running server")
    .option("--config <file>", "configuration file (default: phasegate.yaml, else orchestrator.yaml)")
    .option("--sources", "say where each came from")
    .option("--server <url>", "address of the server whose settings to print")
    .option("--json", "print as JSON")
    .action((options: ShowOptions) =>
      options.server === undefined ? showConfig(commandLine, options) : showRunning(commandLine, options),
    );

  config
    .command("validate")
    .description("name everything that would stop the start, and warnings; exit code 1 when there are errors")
    .option("--config <file>", "configuration file (default: phasegate.yaml, else orchestrator.yaml)")
    .option("--json", "print as JSON")
    .action((options: ConfigOptions) => validateConfig(commandLine, options));
  registerChanges(config, commandLine);
}

async function showConfig(commandLine: CommandLine, options: ConfigOptions): Promise<void> {
  const { io } = commandLine;
  const { settings } = await import("@phasegate/server/config");
  const loaded = await load(io, options);
  if ("errors" in loaded) return printErrors(commandLine, loaded.errors, options);
  const { url } = loaded.config.storage;
  const storage = { ...loaded.config.storage, url: url === null ? null : withoutPassword(url) };
  const config = { ...loaded.config, storage };
  const rows = settings.map(({ section, key, path }) => ({
    path,
    value: (config as unknown as Record<string, Record<string, unknown>>)[section]?.[key] ?? null,
    source: loaded.sources[path] ?? "default",
  }));
  if (options.json) return printJson(io, options.sources ? { config, sources: loaded.sources } : config);
  printTable(
    io,
    options.sources ? ["setting", "value", "source"] : ["setting", "value"],
    rows.map(({ path, value, source }) => (options.sources ? [path, value, source] : [path, value])),
  );
  printWarnings(io, loaded.warnings);
}

async function validateConfig(commandLine: CommandLine, options: ConfigOptions): Promise<void> {
  const { io } = commandLine;
  const loaded = await load(io, options);
  if ("errors" in loaded) return printErrors(commandLine, loaded.errors, options);
  const { examineStart } = await import("@phasegate/server/examine-start");
  const found = await examineStart({ config: loaded.config, env: io.env, cwd: io.cwd });
  if (found.errors.length > 0) return printErrors(commandLine, found.errors, options);
  const warnings = [...loaded.warnings, ...found.warnings];
  if (options.json) return printJson(io, { valid: true, errors: [], warnings, checked: found.checked });
  printWarnings(io, warnings);
  io.out("the configuration is valid");
  io.out(`  checked: ${found.checked.join(", ")}`);
}

async function load(io: Io, options: ConfigOptions) {
  try {
    return await loadConfiguration(io, options.config);
  } catch (error) {
    if (!(error instanceof PhasegateError)) throw error;
    return { errors: (error.extras.findings ?? [{ place: "configuration", message: error.message }]) as Place[] };
  }
}

/** The errors are the result here, so they go to standard output. */
function printErrors(commandLine: CommandLine, errors: readonly Place[], options: ConfigOptions): void {
  const { io } = commandLine;
  commandLine.exitWith(exitCodes.refused);
  if (options.json) return printJson(io, { valid: false, errors, warnings: [] });
  for (const { place, message } of errors) {
    io.out(`${printable(place)}: ${printable(message)}`);
    for (const line of underlineRule(place, io.cwd)) io.out(line);
  }
}

function printWarnings(io: Io, warnings: readonly Place[]): void {
  for (const { place, message } of warnings) io.error(`${printable(place)}: warning: ${printable(message)}`);
}

/** What is shown may end in a bug report. */
function withoutPassword(url: string): string {
  return url.replace(/^([a-z+]+:\/\/[^:/@]*):[^@]*@/i, "$1:***@");
}
