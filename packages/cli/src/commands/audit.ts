import type { Command } from "commander";
import type { AuditQueryAnswer, AuditStatsAnswer, ErasePayloadAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import { printFields, printJson, printTable } from "../output/table.ts";
import { exportAudit, type ExportOptions } from "./audit-export.ts";
import { verifyAudit, verifyExported, type VerifyOptions } from "./audit-verify.ts";
import { integerBetween } from "./task.ts";

interface EraseOptions extends ServerOptions {
  readonly reason: string;
}

interface QueryOptions extends ServerOptions {
  readonly task?: string;
  readonly phase?: string;
  readonly tool?: string;
  readonly agent?: string;
  readonly principal?: string;
  readonly type?: string[];
  readonly success?: boolean;
  readonly failed?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export function register(program: Command, commandLine: CommandLine): void {
  const audit = program.command("audit").description("what was decided: query, stats, export, erase, verify");

  addServerOptions(audit.command("query"))
    .description("list decisions, newest first")
    .option("--task <id>", "only this task's")
    .option("--phase <phase>", "only in this phase")
    .option("--tool <name>", "only calls of this tool")
    .option("--agent <id>", "only by this agent")
    .option("--principal <name>", "only by this principal, whatever agent it worked as")
    .option("--type <type...>", "only events of these types")
    .option("--success", "only what succeeded")
    .option("--failed", "only what was refused or failed")
    .option("--from <time>", "RFC 3339")
    .option("--to <time>", "RFC 3339")
    .option("--limit <n>", "rows to show", integerBetween(1, 1000))
    .option("--cursor <cursor>", "go on where the page before ended")
    .action((options: QueryOptions) => queryAudit(commandLine, options));

  addServerOptions(audit.command("stats"))
    .description("counts of calls by outcome, tool and phase")
    .action((options: ServerOptions) => showStats(commandLine, options));

  addServerOptions(audit.command("export <file>"))
    .description("append the ledger's entries to a file, one JSON object a line; goes on where the file ends")
    .option("--task <id>", "only this task's")
    .option("--rotate-size-mb <n>", "begin another file at this size", integerBetween(1, 100_000))
    .action((file: string, options: ExportOptions) => exportAudit(commandLine, file, options));

  addServerOptions(audit.command("erase <digest>"))
    .description("erase the body of arguments, a result or an artifact for good; the ledger says who and why")
    .requiredOption("--reason <text>", "why it is erased")
    .action((digest: string, options: EraseOptions) =>
      withServer(commandLine.io, options, async (client) => {
        const path = `/audit/payloads/${encodeURIComponent(digest)}/erase`;
        const answer = await client.post<ErasePayloadAnswer>(path, { reason: options.reason });
        if (options.json) return printJson(commandLine.io, answer);
        commandLine.io.out(`erased ${answer.digest}`);
      }),
    );

  audit
    .command("verify [export]")
    .description(
      "check chain, signed heads, payloads and index of a ledger on disk, or an export of one; needs no server",
    )
    .option("--data-dir <folder>", "data directory of the server (default: that of the configuration)")
    .option("--file <file>", "the ledger itself")
    .option("--public-key <file>", "PEM of the key that signs heads (default: that of the data directory)")
    .option("--json", "print as JSON")
    .action((path: string | undefined, options: VerifyOptions) =>
      path === undefined ? verifyAudit(commandLine, options) : verifyExported(commandLine, path, options),
    );
}

async function queryAudit({ io }: CommandLine, options: QueryOptions): Promise<void> {
  const query = {
    task_id: options.task,
    phase: options.phase,
    tool_name: options.tool,
    agent_id: options.agent,
    principal: options.principal,
    type: options.type,
    success: options.success ? "true" : options.failed ? "false" : undefined,
    from: options.from,
    to: options.to,
    limit: options.limit,
    cursor: options.cursor,
  };
  await withServer(io, options, async (client) => {
    const answer = await client.get<AuditQueryAnswer>("/audit/query", query);
    if (options.json) return printJson(io, answer);
    printTable(
      io,
      ["time", "type", "task", "phase", "tool", "agent", "principal", "outcome", "event"],
      answer.entries.map((entry) => [
        entry.timestamp,
        entry.type,
        entry.task_id,
        entry.phase,
        entry.tool_name,
        entry.agent_id,
        entry.principal,
        outcomeOf(entry),
        entry.event_id,
      ]),
    );
    io.error(`${answer.entries.length} of ${answer.total}`);
    if (answer.next_cursor !== null) io.error(`more: --cursor ${answer.next_cursor}`);
  });
}

/** A call that the agent made with its own tool says so: nothing but its word stands behind it. */
function outcomeOf({ reasons, error, success, source }: AuditQueryAnswer["entries"][number]): string | null {
  const outcome = reasons[0]?.code ?? error ?? (success === null ? null : success ? "ok" : "failed");
  return source === null ? outcome : `${outcome ?? ""} (self-reported)`;
}

async function showStats({ io }: CommandLine, options: ServerOptions): Promise<void> {
  await withServer(io, options, async (client) => {
    const stats = await client.get<AuditStatsAnswer>("/audit/stats");
    if (options.json) return printJson(io, stats);
    printFields(io, [
      ["calls", stats.total_entries],
      ["succeeded", stats.total_successes],
      ["refused or failed", stats.total_failures],
      ["success rate", `${(stats.success_rate * 100).toFixed(1)} %`],
    ]);
    for (const [heading, counts] of [
      ["tool", stats.tools_used],
      ["phase", stats.phases],
    ] as const) {
      if (Object.keys(counts).length === 0) continue;
      io.out("");
      printTable(io, [heading, "calls"], Object.entries(counts));
    }
  });
}
