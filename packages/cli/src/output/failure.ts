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
  if (failure.hint !== null) io.error(`  hint: ${printable(failure.hint)}`);
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
