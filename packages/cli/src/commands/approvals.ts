import type { Command } from "commander";
import { approvalStatuses, type ApprovalListAnswer, type ApprovalStatus } from "@phasegate/wire";
import { Option } from "commander";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import { printJson, printTable } from "../output/table.ts";
import { integerBetween } from "./task.ts";

interface ApprovalsOptions extends ServerOptions {
  readonly status: ApprovalStatus;
  readonly all?: boolean;
  readonly task?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export function register(program: Command, commandLine: CommandLine): void {
  addServerOptions(program.command("approvals"))
    .description("what waits for a person; `approve` and `deny` answer it")
    .addOption(
      new Option("--status <status>", "only these").choices([...approvalStatuses]).default("requested" as const),
    )
    .option("--all", "also those that were answered")
    .option("--task <id>", "only this task's")
    .option("--limit <n>", "rows to show", integerBetween(1, 1000))
    .option("--cursor <cursor>", "go on where the page before ended")
    .action((options: ApprovalsOptions) => listApprovals(commandLine, options));
}

async function listApprovals({ io }: CommandLine, options: ApprovalsOptions): Promise<void> {
  const { task: task_id, limit, cursor } = options;
  const query = { status: options.all ? undefined : options.status, task_id, limit, cursor };
  await withServer(io, options, async (client) => {
    const answer = await client.get<ApprovalListAnswer>("/approvals", query);
    if (options.json) return printJson(io, answer);
    printTable(
      io,
      ["approval", "status", "task", "title", "gate", "expires", "digest", "findings", "waits for"],
      answer.approvals.map((approval) => [
        approval.id,
        approval.status,
        approval.task_id,
        approval.task_title,
        approval.gate,
        approval.expires_at,
        approval.digest,
        approval.findings_total ?? 0,
        approval.waits_for,
      ]),
    );
    if (answer.next_cursor) io.error(`more: --cursor ${answer.next_cursor}`);
  });
}
