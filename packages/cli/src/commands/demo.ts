import { resolve } from "node:path";
import { Option, type Command } from "commander";
import type { AssuranceLevel } from "@phasegate/wire";
import { failureOf } from "../configuration.ts";
import type { CommandLine } from "../command-line.ts";
import { exitCodes } from "../failure.ts";
import { printable } from "../io.ts";
import { styled } from "../output/colour.ts";

interface DemoCommandOptions {
  readonly require?: AssuranceLevel;
  readonly sandbox: "auto" | "off";
  readonly attacks?: string;
}

export function register(program: Command, commandLine: CommandLine): void {
  program
    .command("demo")
    .description("an agent that tries to cheat in each phase of a real task, and then complies")
    .addOption(new Option("--require <level>", "fail below this assurance").choices(["sandboxed", "mediated"]))
    .addOption(
      new Option("--sandbox <use>", "`off`: as on a machine without an OS sandbox")
        .choices(["auto", "off"])
        .default("auto"),
    )
    .option("--attacks <folder>", "cases to try (default: the corpus of this repository)")
    .action((options: DemoCommandOptions) => demo(commandLine, options));
}

async function demo(commandLine: CommandLine, options: DemoCommandOptions): Promise<void> {
  const { io } = commandLine;
  const { loadAttacks } = await import("../corpus/load-corpus.ts");
  const { demoPrinter, printReport } = await import("../demo/printed-demo.ts");
  const { failuresOf, runDemo } = await import("../demo/run-demo.ts");
  const began = performance.now();
  const report = await runDemo({
    env: io.env,
    sandbox: options.sandbox,
    attacks: options.attacks === undefined ? loadAttacks() : loadAttacks(resolve(io.cwd, options.attacks)),
    listener: demoPrinter(io),
  }).catch((error: unknown) => {
    throw failureOf(error);
  });
  printReport(io, report);
  const failures = failuresOf(report, options.require ?? null);
  io.out("");
  for (const failure of failures) io.out(`${styled(io, "red", "failed")}: ${printable(failure)}`);
  if (failures.length > 0) commandLine.exitWith(exitCodes.refused);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const verdict = failures.length === 0 ? "everything that this level promises held" : "not everything held";
  io.out(`${verdict}; ${seconds} s`);
}
