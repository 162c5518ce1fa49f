import type { Command } from "commander";
import { addServerOptions, type CommandLine } from "../command-line.ts";
import { answerApproval, type AnswerOptions } from "./answer-approval.ts";

export function register(program: Command, commandLine: CommandLine): void {
  addServerOptions(program.command("deny <id>"))
    .description("say no; the comment is in the agent's next blockers")
    .option("--digest <digest>", "what was seen (default: what is shown now)")
    .requiredOption("--comment <text>", "why, for the agent (required)")
    .action((id: string, options: AnswerOptions) => answerApproval(commandLine, "deny", id, options));
}
