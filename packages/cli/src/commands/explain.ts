import type { Command } from "commander";
import type { BriefAnswer, TaskAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printable } from "../io.ts";
import { inSnakeCase } from "../output/snake-case.ts";
import { printFields, printJson } from "../output/table.ts";
import { printFindings } from "../output/task.ts";
import { taskPath } from "./task.ts";

interface ExplainPhaseOptions {
  readonly file?: string;
  readonly json?: boolean;
}

export function register(program: Command, commandLine: CommandLine): void {
  const explain = program.command("explain").description("what a phase allows, or what a task waits for");

  explain
    .command("phase <id>")
    .description("what the phase allows and demands, each with its rule")
    .option("--file <file>", "workflow file (default: that of the configuration)")
    .option("--json", "print as JSON")
    .action((id: string, options: ExplainPhaseOptions) => describePhase(commandLine, id, options));

  addServerOptions(explain.command("task <id>"))
    .description("where the task stands, what stands against it, and the next call")
    .action((id: string, options: ServerOptions) => describeTask(commandLine, id, options));
}

async function describePhase({ io }: CommandLine, id: string, options: ExplainPhaseOptions): Promise<void> {
  const [{ WorkflowSource }, { explainPhase, explanationText }] = await Promise.all([
    import("../workflow/workflow-source.ts"),
    import("@phasegate/workflow"),
  ]);
  const stored = (await WorkflowSource.open(io, options.file)).stored();
  const explanation = explainPhase(stored, id);
  if (explanation === null) {
    throw new CommandFailure(exitCodes.usage, `the workflow has no phase \`${id}\``, {
      hint: `its phases are ${stored.normalized.phases.map((phase) => phase.id).join(", ")}`,
    });
  }
  if (options.json) return printJson(io, inSnakeCase(explanation));
  for (const line of explanationText(explanation).trimEnd().split("\n")) io.out(printable(line));
}

async function describeTask({ io }: CommandLine, id: string, options: ServerOptions): Promise<void> {
  await withServer(io, options, async (client) => {
    const task = await client.get<TaskAnswer>(taskPath(id));
    const { brief } = await client.get<BriefAnswer>(`${taskPath(id)}/brief`);
    if (options.json) return printJson(io, { task, brief });
    printFields(io, [
      ["task", task.id],
      ["status", task.overridden ? `${task.status} (overridden)` : task.status],
      ["phase", `${task.phase}, entry ${task.entry}`],
      ["holder", task.holder?.agent_id],
    ]);
    printFindings(io, task);
    io.out("");
    for (const line of brief.trimEnd().split("\n")) io.out(printable(line));
  });
}
