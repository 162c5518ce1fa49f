import type { Command } from "commander";
import { resolve } from "node:path";
import type { CommandLine } from "../command-line.ts";
import { dataDirectoryOf, failureOf } from "../configuration.ts";
import { printable } from "../io.ts";
import { styled } from "../output/colour.ts";
import { printJson } from "../output/table.ts";

interface RestoreCommandOptions {
  readonly dataDir?: string;
  readonly erasedIn?: string;
  readonly json?: boolean;
}

export function register(program: Command, commandLine: CommandLine): void {
  program
    .command("restore <folder>")
    .description("make a data directory out of a backup; never over one that holds anything")
    .option("--data-dir <folder>", "the data directory to make (default: that of the configuration)")
    .option("--erased-in <path>", "erase again what this data directory, ledger or audit export says was erased since")
    .option("--json", "print as JSON")
    .action((folder: string, options: RestoreCommandOptions) => restore(commandLine, folder, options));
}

async function restore(commandLine: CommandLine, folder: string, options: RestoreCommandOptions): Promise<void> {
  const { io } = commandLine;
  const { restoreBackup } = await import("@phasegate/server/backup");
  try {
    const dataDirectory = await dataDirectoryOf(io, options.dataDir);
    const backup = resolve(io.cwd, folder);
    const { events, tasks, erased } = await restoreBackup({
      backup,
      dataDirectory,
      now: Date.now(),
      ...(options.erasedIn === undefined ? {} : { erasedIn: resolve(io.cwd, options.erasedIn) }),
    });
    if (options.json) return printJson(io, { data_dir: dataDirectory, events, tasks, erased });
    io.out(`${styled(io, "green", "ok")}: ${printable(dataDirectory)} holds ${events} events and ${tasks} tasks`);
    io.out(
      erased === null
        ? "whatever was erased after the backup was made is here again: erase it again, or restore with --erased-in"
        : `bodies that were erased since, and that the backup has, go again at the first start: ${erased} are known`,
    );
    io.out("tokens of the time before are void: agents get new ones by claiming their task again");
  } catch (error) {
    throw failureOf(error);
  }
}
