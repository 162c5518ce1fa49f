import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { HealthDetailsAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import type { HttpClient } from "../client/http-client.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printable } from "../io.ts";
import { styled } from "../output/colour.ts";
import { printJson } from "../output/table.ts";
import { integerBetween } from "./task.ts";

interface HealthOptions extends ServerOptions {
  readonly wait: number;
}

const betweenLooksMs = 200;

export function register(program: Command, commandLine: CommandLine): void {
  addServerOptions(program.command("health"))
    .description("what the running server checks of itself; exit code 1 when it is not ready")
    .option("--wait <seconds>", "how long to wait for a server that is starting", integerBetween(0, 3600), 0)
    .action((options: HealthOptions) =>
      withServer(commandLine.io, options, async (client) => {
        const answer = await readyWithin(client, options.wait * 1000);
        if (answer.status !== "ready") commandLine.exitWith(exitCodes.refused);
        if (options.json) return printJson(commandLine.io, answer);
        printHealth(commandLine, answer);
      }),
    );
}

/** What the server says as soon as it is ready, else what came last within this time. */
async function readyWithin(client: HttpClient, waitMs: number): Promise<HealthDetailsAnswer> {
  const end = performance.now() + waitMs;
  for (;;) {
    const isLate = performance.now() >= end;
    try {
      const answer = await client.get<HealthDetailsAnswer>("/health/details");
      if (answer.status === "ready" || isLate) return answer;
    } catch (error) {
      const isAway = error instanceof CommandFailure && error.exitCode === exitCodes.unreachable;
      if (!isAway || isLate) throw error;
    }
    await delay(betweenLooksMs);
  }
}

function printHealth({ io }: CommandLine, answer: HealthDetailsAnswer): void {
  for (const { name, ok, detail } of answer.checks) {
    io.out(`${ok ? styled(io, "green", "ok    ") : styled(io, "red", "BROKEN")}  ${name}: ${printable(detail)}`);
  }
  for (const { name, attempt } of answer.guarantees.filter(({ held }) => !held)) {
    io.out(`${styled(io, "red", "BROKEN")}  ${printable(name)}: ${printable(attempt)}`);
  }
  for (const { name, state } of answer.breakers.filter((breaker) => breaker.state !== "CLOSED")) {
    io.out(`${state.padEnd(6)}  circuit ${printable(name)}`);
  }
  const { busy, waiting, limit } = answer.evidence_runs;
  const behind = Math.max(0, ...answer.subscribers.map((one) => one.behind));
  io.out(
    `tasks: ${counts(answer.tasks)}; jobs: ${counts(answer.jobs)}; evidence runs: ${busy} of ${limit}, ${waiting} wait`,
  );
  io.out(
    `${answer.subscribers.length} readers of events, ${behind} behind at most; ledger at ${answer.ledger_position}`,
  );
  const mebibytes = Math.round(answer.memory.rss_bytes / 1024 ** 2);
  io.out(
    `up ${answer.uptime_seconds} s, ${mebibytes} MB; Phasegate ${answer.version}, Node ${answer.node}, ${answer.platform}`,
  );
  io.out(`${answer.status.replace("_", " ")}; assurance: ${styled(io, "bold", answer.assurance)}`);
  if (answer.missing_assurance !== null) io.out(printable(answer.missing_assurance));
}

function counts(byName: Readonly<Record<string, number>>): string {
  const some = Object.entries(byName).filter(([, count]) => count > 0);
  return some.length === 0 ? "none" : some.map(([name, count]) => `${count} ${printable(name)}`).join(", ");
}
