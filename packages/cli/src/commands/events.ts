import type { Command } from "commander";
import { createParser } from "eventsource-parser";
import type { CloudEventAnswer, EventListAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import type { HttpClient, Query } from "../client/http-client.ts";
import type { Io } from "../io.ts";
import { eventHeadings, eventRow } from "../output/event-row.ts";
import { printableJson, printJson, printTable, tabbed } from "../output/table.ts";
import { integerBetween } from "./task.ts";

interface EventsOptions extends ServerOptions {
  readonly follow?: boolean;
  readonly after?: number;
  readonly type?: string[];
  readonly task?: string;
  readonly limit?: number;
}

export function register(program: Command, commandLine: CommandLine): void {
  addServerOptions(program.command("events"))
    .description("the ledger's events, oldest first")
    .option("--follow", "go on as they come, until interrupted")
    .option("--after <position>", "only events after this position", integerBetween(0, Number.MAX_SAFE_INTEGER))
    .option("--type <type...>", "only these types, for instance gate.blocked")
    .option("--task <id>", "only this task's")
    .option("--limit <n>", "at most so many", integerBetween(1, 1000))
    .action((options: EventsOptions) => {
      const query = { after: options.after, type: options.type, task_id: options.task, limit: options.limit };
      return withServer(commandLine.io, options, (client) =>
        options.follow ? follow(commandLine.io, client, query, options) : list(commandLine.io, client, query, options),
      );
    });
}

async function list(io: Io, client: HttpClient, query: Query, options: EventsOptions): Promise<void> {
  const answer = await client.get<EventListAnswer>("/events", query);
  if (options.json) return printJson(io, answer);
  printTable(io, eventHeadings, answer.events.map(eventRow));
  if (answer.next_after !== null) io.error(`more: --after ${answer.next_after}`);
}

/** One line an event: JSON with `--json`, else tab-separated. Ends when interrupted, or when the server closes. */
async function follow(io: Io, client: HttpClient, query: Query, options: EventsOptions): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const parser = createParser({
    onEvent: ({ data }) => {
      const event = JSON.parse(data) as CloudEventAnswer;
      io.out(options.json ? printableJson(event) : tabbed(eventRow(event)));
    },
  });
  try {
    for await (const piece of await client.stream("/events", query, stop.signal)) parser.feed(piece);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
