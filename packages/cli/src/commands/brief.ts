import type { Command } from "commander";
import type { BriefAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import { printable } from "../io.ts";
import { printJson } from "../output/table.ts";
import { taskPath } from "./task.ts";

export function register(program: Command, commandLine: CommandLine): void {
  addServerOptions(program.command("brief <task>"))
    .description("where a task stands, in Markdown under 1 kB, made to be put before a model")
    .action((id: string, options: ServerOptions) => brief(commandLine, id, options));
}

async function brief({ io }: CommandLine, id: string, options: ServerOptions): Promise<void> {
  await withServer(io, options, async (client) => {
    const answer = await client.get<BriefAnswer>(`${taskPath(id)}/brief`);
    if (options.json) return printJson(io, answer);
    for (const line of answer.brief.trimEnd().split("\n")) io.out(printable(line));
  });
}
