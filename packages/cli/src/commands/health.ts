import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { HealthAnswer, HealthDetailsAnswer, ReadyAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { type HttpClient, ServerRefusal } from "../client/http-client.ts";
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
    .action(async (options: HealthOptions) => {
      const end = performance.now() + options.wait * 1000;
      const answer = await withServer<Health | PublicHealth>(
        commandLine.io,
        options,
        (client) => readyBy(end, () => client.get<HealthDetailsAnswer>("/health/details")),
        (client) => readyBy(end, () => publicHealth(client)),
      );
      if (answer.status !== "ready") commandLine.exitWith(exitCodes.refused);
      if (options.json) return printJson(commandLine.io, answer);
      if ("checks" in answer) printHealth(commandLine, answer);
      else printPublicHealth(commandLine, answer);
    });
}

type Health = HealthDetailsAnswer;

/** What anyone may know. */
interface PublicHealth extends Omit<HealthAnswer, "status"> {
  readonly status: Health["status"];
  /** Why it is not ready. */
  readonly detail: string | null;
}

async function publicHealth(client: HttpClient): Promise<PublicHealth> {
  const facts = await client.getPublic<HealthAnswer>("/health");
  try {
    await client.getPublic<ReadyAnswer>("/health/ready");
    return { ...facts, status: "ready", detail: null };
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    return { ...facts, status: "not_ready", detail: error.problem.detail };
  }
}

/** What the server says as soon as it is ready, else what came last by this time. */
async function readyBy<Answer extends Pick<Health, "status">>(
  end: number,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    const isLate = performance.now() >= end;
    try {
      const answer = await ask();
      if (answer.status === "ready" || isLate) return answer;
    } catch (error) {
      const isAway = error instanceof CommandFailure && error.exitCode === exitCodes.unreachable;
      if (!isAway || isLate) throw error;
    }
    await delay(betweenLooksMs);
  }
}

function printPublicHealth({ io }: CommandLine, answer: PublicHealth): void {
  for (const { name } of answer.guarantees.filter(({ held }) => !held)) {
    io.out(`${styled(io, "red", "BROKEN")}  ${printable(name)}`);
  }
  if (answer.detail !== null) io.out(`${styled(io, "red", "BROKEN")}  ${printable(answer.detail)}`);
  io.out(`Phasegate ${printable(answer.version)}; each check is told with the key of an operator or admin`);
  io.out(`${answer.status.replace("_", " ")}; assurance: ${styled(io, "bold", answer.assurance)}`);
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
