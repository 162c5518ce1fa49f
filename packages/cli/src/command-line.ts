import type { Command } from "commander";
import type { ExitCode } from "./failure.ts";
import type { Io } from "./io.ts";

/** What every command gets. */
export interface CommandLine {
  readonly io: Io;
  /** The exit code of a command that said all it had to say; without a call it is 0. */
  exitWith(code: ExitCode): void;
}

/** Options of every command that talks to a server. */
export interface ServerOptions {
  readonly server?: string;
  readonly json?: boolean;
}

export function addServerOptions(command: Command): Command {
  return command
    .option("--server <url>", "address of the server (default: PHASEGATE_URL, else http://127.0.0.1:8000)")
    .option("--json", "print the answer as JSON");
}
