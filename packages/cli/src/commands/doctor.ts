import type { Command } from "commander";
import type { CommandLine } from "../command-line.ts";
import { exitCodes } from "../failure.ts";
import { printable } from "../io.ts";
import { styled } from "../output/colour.ts";
import { printJson } from "../output/table.ts";

interface DoctorOptions {
  readonly json?: boolean;
}

export function register(program: Command, commandLine: CommandLine): void {
  program
    .command("doctor")
    .description("try to break each guarantee on this machine; exit code 1 when one did not hold")
    .option("--json", "print as JSON")
    .action((options: DoctorOptions) => doctor(commandLine, options));
}

async function doctor(commandLine: CommandLine, options: DoctorOptions): Promise<void> {
  const { io } = commandLine;
  const { examineMachine } = await import("@phasegate/server/examine-machine");
  const { assurance, separateUser, probes } = await examineMachine({ env: io.env });
  const user = process.getuid?.() === 0 ? "root" : `user ${process.getuid?.() ?? "unknown"}`;
  const failed = probes.filter(({ held }) => !held);
  if (failed.length > 0) commandLine.exitWith(exitCodes.refused);
  if (options.json) return printJson(io, { user, assurance, separate_user: separateUser, probes });
  io.out(`as ${user}, on Node ${process.versions.node}, ${process.platform}`);
  for (const { name, attempt, held, detail } of probes) {
    io.out(`${held ? styled(io, "green", "held  ") : styled(io, "red", "BROKEN")}  ${name}: ${printable(attempt)}`);
    // Details may hold a file to write, so their lines stay lines.
    for (const line of detail.split("\n")) io.out(`          ${printable(line)}`);
  }
  io.out(`${probes.length - failed.length} of ${probes.length} held; assurance: ${styled(io, "bold", assurance)}`);
  if (!separateUser) {
    io.out("the data directory belongs to the user that tools run as: run the server under an OS user of its own");
    io.out("where workflows accept less than `sandboxed`");
  }
}
