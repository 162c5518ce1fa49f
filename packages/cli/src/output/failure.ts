import type { ProblemDocument } from "@phasegate/wire";
import { ServerRefusal } from "../client/http-client.ts";
import type { CommandFailure } from "../failure.ts";
import { printable, type Io } from "../io.ts";
import { styled } from "./colour.ts";
import { underlineRule } from "./underline.ts";

/** Says why a command failed, on standard error: what was seen, the rule with its line, what to do next. */
export function printFailure(io: Io, failure: CommandFailure): void {
  const code = failure instanceof ServerRefusal ? ` (${failure.problem.code})` : "";
  io.error(`${styled(io, "red", "phasegate:")} ${printable(failure.message)}${code}`);
  if (failure instanceof ServerRefusal) printProblem(io, failure.problem);
  if (failure.hint !== null) io.error(`  hint: ${printable(asCommands(failure.hint))}`);
}

/** The command for a call that lists something; the server's hints speak to agents, which make calls. */
const commandOfCall: Readonly<Record<string, string>> = {
  tasks: "phasegate task list",
  keys: "phasegate key list",
  breakers: "phasegate breakers",
  webhooks: "phasegate webhooks",
  "webhooks/dead-letters": "phasegate webhooks dead-letters",
};

/** A hint with the commands in place of the calls that they make. */
export function asCommands(hint: string): string {
  return hint.replaceAll(/`?GET \/api\/v1\/([a-z/-]+)(?![\w?{/-])`?/g, (call, list: string) => {
    const command = Object.hasOwn(commandOfCall, list) ? commandOfCall[list] : undefined;
    return command === undefined ? call : `\`${command}\``;
  });
}

function printProblem(io: Io, problem: ProblemDocument): void {
  for (const finding of problem.findings ?? []) {
    const place = "place" in finding ? finding.place : (finding.rule ?? finding.check);
    io.error(`  ${printable(place)}: ${printable(finding.message)}`);
  }
  for (const blocker of problem.blockers ?? []) io.error(`  ${printable(blocker)}`);
  if (problem.rule === undefined) return;
  io.error(`  rule: ${printable(problem.rule)}`);
  for (const line of underlineRule(problem.rule, io.cwd)) io.error(line);
}
