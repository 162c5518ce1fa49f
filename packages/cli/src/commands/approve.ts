import type { Command } from "commander";
import { addServerOptions, type CommandLine } from "../command-line.ts";
import { answerApproval, type AnswerOptions } from "./answer-approval.ts";

export function register(program: Command, commandLine: CommandLine): void {
  addServerOptions(program.command("approve <id>"))
    .description("say yes to exactly one digest; needs the key of a person")
    .option("--digest <digest>", "what was seen (default: what is shown now, once you say yes to it)")
    .option("--comment <text>", "kept with the approval")
    .action((id: string, options: AnswerOptions) => answerApproval(commandLine, "grant", id, options));
}
