import { Command, CommanderError } from "commander";
import { readFileSync } from "node:fs";
import type { CommandLine } from "./command-line.ts";
import { CommandFailure, exitCodes, type ExitCode } from "./failure.ts";
import { processIo, type Io } from "./io.ts";
import { printFailure } from "./output/failure.ts";

/** Runs one command line, without the program's name, and sets the process's exit code. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<void> {
  let exitCode: ExitCode = exitCodes.ok;
  const commandLine: CommandLine = {
    io,
    exitWith: (code) => {
      exitCode = code;
    },
  };
  try {
    const parsed = await program(commandLine, argv[0]);
    await parsed.parseAsync(argv, { from: "user" });
  } catch (error) {
    exitCode = report(io, error);
  }
  process.exitCode = exitCode;
}

/** Every top-level command and where it lives. One run loads one of them; help and mistypings load all. */
const commands = {
  serve: () => import("./commands/serve.ts"),
  init: () => import("./commands/init.ts"),
  lint: () => import("./commands/lint.ts"),
  can: () => import("./commands/can.ts"),
  explain: () => import("./commands/explain.ts"),
  task: () => import("./commands/task.ts"),
  events: () => import("./commands/events.ts"),
  webhooks: () => import("./commands/webhooks.ts"),
  breakers: () => import("./commands/breakers.ts"),
  audit: () => import("./commands/audit.ts"),
  key: () => import("./commands/key.ts"),
  doctor: () => import("./commands/doctor.ts"),
  health: () => import("./commands/health.ts"),
  config: () => import("./commands/config.ts"),
  backup: () => import("./commands/backup.ts"),
  restore: () => import("./commands/restore.ts"),
  approvals: () => import("./commands/approvals.ts"),
  approve: () => import("./commands/approve.ts"),
  deny: () => import("./commands/deny.ts"),
  brief: () => import("./commands/brief.ts"),
  demo: () => import("./commands/demo.ts"),
  case: () => import("./commands/case.ts"),
  hook: () => import("./commands/hook.ts"),
};

async function loadCommands(name: string | undefined) {
  const load = Object.entries(commands).find(([known]) => known === name)?.[1];
  return load ? [await load()] : Promise.all(Object.values(commands).map((each) => each()));
}

async function program(commandLine: CommandLine, name: string | undefined): Promise<Command> {
  const { io } = commandLine;
  const program = new Command("phasegate")
    .description("Makes AI coding agents follow a declared workflow, and proves that they did.")
    .version(packageVersion(), "--version", "print the version")
    .showHelpAfterError("run it with --help to see what it takes")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.error(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, "phasegate: ")),
    });
  for (const { register } of await loadCommands(name)) register(program, commandLine);
  return program;
}

function report(io: Io, error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (!(error instanceof CommandFailure)) throw error;
  printFailure(io, error);
  return error.exitCode;
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
