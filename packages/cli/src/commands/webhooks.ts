import type { Command } from "commander";
import type { DeadLetterListAnswer, RedeliveredAnswer, WebhookAnswer, WebhookListAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import { printJson, printTable } from "../output/table.ts";
import { integerBetween } from "./task.ts";

interface DeadLetterOptions extends ServerOptions {
  readonly webhook?: string;
  readonly limit?: number;
}

export function register(program: Command, { io }: CommandLine): void {
  const webhooks = addServerOptions(program.command("webhooks"))
    .description("receivers of events, and how far each is")
    .action((options: ServerOptions) =>
      withServer(io, options, async (client) => {
        const answer = await client.get<WebhookListAnswer>("/webhooks");
        if (options.json) return printJson(io, answer);
        printTable(
          io,
          ["webhook", "host", "circuit", "position", "waiting", "state", "last error"],
          answer.webhooks.map((one) => [
            one.name,
            one.origin,
            one.breaker,
            String(one.position),
            String(one.outstanding),
            one.gone ? "gone" : "on",
            one.last_error ?? "",
          ]),
        );
      }),
    );

  addServerOptions(webhooks.command("dead-letters"))
    .description("events that a receiver did not take")
    .option("--webhook <name>", "only this receiver's")
    .option("--limit <n>", "rows to show", integerBetween(1, 1000))
    .action((_options: DeadLetterOptions, command: Command) => {
      const options = command.optsWithGlobals<DeadLetterOptions>();
      return withServer(io, options, async (client) => {
        const query = { webhook: options.webhook, limit: options.limit };
        const answer = await client.get<DeadLetterListAnswer>("/webhooks/dead-letters", query);
        if (options.json) return printJson(io, answer);
        printTable(
          io,
          ["dead letter", "webhook", "event", "type", "attempts", "at", "error"],
          answer.dead_letters.map((one) => [
            one.id,
            one.webhook,
            one.event_id,
            one.event_type,
            String(one.attempts),
            one.at,
            one.error,
          ]),
        );
      });
    });

  addServerOptions(webhooks.command("send <dead-letter>"))
    .description("send a dead letter once more, now")
    .action((id: string, _options: ServerOptions, command: Command) => {
      const options = command.optsWithGlobals<ServerOptions>();
      return withServer(io, options, async (client) => {
        const path = `/webhooks/dead-letters/${encodeURIComponent(id)}/send`;
        const answer = await client.post<RedeliveredAnswer>(path, {});
        if (options.json) return printJson(io, answer);
        io.out(`${answer.id} was taken`);
      });
    });

  addServerOptions(webhooks.command("resume <name>"))
    .description("go on with a receiver that answered 410")
    .action((name: string, _options: ServerOptions, command: Command) => {
      const options = command.optsWithGlobals<ServerOptions>();
      return withServer(io, options, async (client) => {
        const answer = await client.post<WebhookAnswer>(`/webhooks/${encodeURIComponent(name)}/resume`, {});
        if (options.json) return printJson(io, answer);
        io.out(`${answer.name} goes on after position ${answer.position}`);
      });
    });
}
