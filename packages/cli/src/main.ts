import { Command } from "commander";

/** Runs one command line, without the program's name, and sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  await new Command("phasegate").parseAsync(argv, { from: "user" });
}
