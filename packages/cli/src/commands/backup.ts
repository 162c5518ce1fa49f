import type { Command } from "commander";
import { resolve } from "node:path";
import type { CommandLine } from "../command-line.ts";
import { dataDirectoryOf, failureOf } from "../configuration.ts";
import { printable } from "../io.ts";
import { styled } from "../output/colour.ts";
import { printJson } from "../output/table.ts";

interface BackupCommandOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

export function register(program: Command, commandLine: CommandLine): void {
  program
    .command("backup <folder>")
    .description("copy a server's data, also while it runs, and verify the copy; the folder must not exist yet")
    .option("--data-dir <folder>", "data directory of the server (default: that of the configuration)")
    .option("--json", "print as JSON")
    .action((folder: string, options: BackupCommandOptions) => backup(commandLine, folder, options));
}

async function backup(commandLine: CommandLine, folder: string, options: BackupCommandOptions): Promise<void> {
  const { io } = commandLine;
  const { takeBackup } = await import("@phasegate/server/backup");
  try {
    const dataDirectory = await dataDirectoryOf(io, options.dataDir);
    const report = await takeBackup({ dataDirectory, to: resolve(io.cwd, folder), now: Date.now() });
    const { path, events, tasks, files, bytes, movingTasks } = report;
    if (options.json) return printJson(io, { path, events, tasks, files, bytes, moving_tasks: movingTasks });
    io.out(
      `${styled(io, "green", "ok")}: ${printable(path)} holds ${events} events, ${tasks} tasks, ` +
        `${files} files, ${bytes} bytes; verified on the copy`,
    );
    if (movingTasks.length > 0) {
      io.out(`moved while they were copied, and judged again when they go on: ${movingTasks.join(", ")}`);
    }
    io.out("it holds the key that signs the ledger: keep it as closed as the data directory");
  } catch (error) {
    throw failureOf(error);
  }
}
