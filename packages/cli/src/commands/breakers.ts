import type { Command } from "commander";
import type { BreakerAnswer, BreakerListAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import type { Io } from "../io.ts";
import { printJson, printTable } from "../output/table.ts";

export function register(program: Command, { io }: CommandLine): void {
  const breakers = addServerOptions(program.command("breakers"))
    .description("circuits to the outside systems that the server calls")
    .action((options: ServerOptions) =>
      withServer(io, options, async (client) => {
        const answer = await client.get<BreakerListAnswer>("/breakers");
        if (options.json) return printJson(io, answer);
        printBreakers(io, answer.breakers);
      }),
    );
  addServerOptions(breakers.command("reset <name>"))
    .description("close a circuit now and forget its failures")
    .action((name: string, _options: ServerOptions, command: Command) => {
      const options = command.optsWithGlobals<ServerOptions>();
      return withServer(io, options, async (client) => {
        const breaker = await client.post<BreakerAnswer>(`/breakers/${encodeURIComponent(name)}/reset`, {});
        if (options.json) return printJson(io, breaker);
        printBreakers(io, [breaker]);
      });
    });
}

function printBreakers(io: Io, breakers: readonly BreakerAnswer[]): void {
  printTable(
    io,
    ["breaker", "state", "calls", "failed", "slow", "refused", "opened", "tried again in", "last error"],
    breakers.map((one) => [
      one.name,
      one.state,
      String(one.total_calls),
      String(one.failed_calls),
      String(one.slow_calls),
      String(one.rejected_calls),
      String(one.openings),
      one.retry_after_seconds === null ? "" : `${Math.ceil(one.retry_after_seconds)} s`,
      one.last_error ?? "",
    ]),
  );
}
