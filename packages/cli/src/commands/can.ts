import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { CompiledPhase, CompiledWorkflow, Verdict } from "@phasegate/workflow";
import type { CommandLine } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printable } from "../io.ts";
import { styled } from "../output/colour.ts";
import { printJson } from "../output/table.ts";

interface CanOptions {
  readonly phase: string;
  readonly file?: string;
  readonly command?: boolean;
  readonly path?: boolean;
  readonly json?: boolean;
}

export function register(program: Command, commandLine: CommandLine): void {
  program
    .command("can <command-or-path>")
    .description("may a phase run this command, or change this path? exit code 0 yes, 1 no")
    .requiredOption("--phase <id>", "the phase")
    .option("--file <file>", "workflow file (default: that of the configuration)")
    .option("--command", "it is a command, whatever it looks like")
    .option("--path", "it is a path, whatever it looks like")
    .option("--json", "print as JSON")
    .action((subject: string, options: CanOptions) => can(commandLine, subject, options));
}

async function can(commandLine: CommandLine, subject: string, options: CanOptions): Promise<void> {
  const { io } = commandLine;
  const { WorkflowSource } = await import("../workflow/workflow-source.ts");
  const source = await WorkflowSource.open(io, options.file);
  const { compileWorkflow, describeFixed } = await import("@phasegate/workflow");
  const workflow = compileWorkflow(source.stored());
  const phase = phaseOf(workflow, options.phase);
  const kind = options.command ? "command" : options.path ? "path" : kindOf(io.cwd, subject);
  const verdict = kind === "command" ? judgeCommand(phase, subject) : judgePath(workflow, phase, subject);
  if (!verdict.allowed) commandLine.exitWith(exitCodes.refused);
  const fixed = kind === "path" && verdict.allowed ? phase.fixedPlaces(subject) : [];
  if (options.json) {
    const reason = verdict.allowed ? null : verdict.reason;
    return printJson(io, { effect: verdict.allowed ? "allow" : "deny", kind, phase: phase.id, reason, fixed });
  }
  if (verdict.allowed) {
    io.out(
      `${styled(io, "green", "yes")}: phase ${phase.id} may ${kind === "command" ? "run" : "change"} \`${printable(subject)}\`${printable(describeFixed(fixed))}`,
    );
    if (kind === "command") io.out("  what it changes is judged after it ran");
    if (kind === "command" && phase.bash.network === "none") io.out("  it runs without network");
    return;
  }
  const { reason } = verdict;
  io.out(`${styled(io, "red", "no")}: ${printable(reason.message)} (${reason.code})`);
  if (reason.rule !== undefined) {
    io.out(`  rule: ${printable(source.shown({ place: reason.rule }))}`);
    for (const line of source.underlined(reason.rule)) io.out(line);
  }
  if (reason.hint !== undefined) io.out(`  hint: ${printable(reason.hint)}`);
}

function phaseOf(workflow: CompiledWorkflow, id: string): CompiledPhase {
  const phase = workflow.phases.get(id);
  if (phase !== undefined) return phase;
  throw new CommandFailure(exitCodes.usage, `the workflow has no phase \`${id}\``, {
    hint: `its phases are ${[...workflow.phases.keys()].join(", ")}`,
  });
}

function judgeCommand(phase: CompiledPhase, command: string): Verdict {
  const tool = phase.judgeTool("bash");
  return tool.allowed ? phase.judgeCommand(command) : tool;
}

/** The phase's own rule for the path, then what the phases before it froze. */
function judgePath(workflow: CompiledWorkflow, phase: CompiledPhase, path: string): Verdict {
  const own = phase.judgePath(path);
  if (!own.allowed) return own;
  for (const earlier of workflow.phases.values()) {
    if (earlier.index >= phase.index || earlier.freeze === null) continue;
    const frozen = earlier.freeze.judgePath(path, true);
    if (!frozen.allowed) return frozen;
  }
  return own;
}

/** One word with a slash or a dot, or the name of a file that is here, is a path; all else is a command. */
function kindOf(cwd: string, subject: string): "command" | "path" {
  if (/\s/.test(subject)) return "command";
  return /[/.]/.test(subject) || existsSync(resolve(cwd, subject)) ? "path" : "command";
}
