import { existsSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import type { TestRun } from "@phasegate/wire";
import type { CommandLine } from "../command-line.ts";
import { failureOf } from "../configuration.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { detectProject, type Detection } from "../init/detect-project.ts";
import { mayHaveTarget } from "../init/make-targets.ts";
import { openRepository, type Repository } from "../init/project-files.ts";
import { tellingLines } from "../init/telling-lines.ts";
import { workflowText } from "../init/workflow-text.ts";
import { printable, type Io } from "../io.ts";
import { styled } from "../output/colour.ts";
import { WorkflowSource } from "../workflow/workflow-source.ts";

const fileName = "agent_workflow.yaml";

interface InitOptions {
  readonly preset?: "strict";
  readonly force?: boolean;
  /** False with `--no-run`. */
  readonly run: boolean;
}

export function register(program: Command, commandLine: CommandLine): void {
  program
    .command("init")
    .description("write agent_workflow.yaml for what is found here, and run its tests once")
    .option("--preset <strict>", "begin from the bundled strict workflow", readPreset)
    .option("--force", "overwrite a workflow that is there")
    .option("--no-run", "do not run the tests")
    .action((options: InitOptions) => init(commandLine, options));
}

function readPreset(text: string): "strict" {
  if (text === "strict") return text;
  throw new InvalidArgumentError("the one preset is `strict`.");
}

async function init({ io }: CommandLine, options: InitOptions): Promise<void> {
  const repository = openRepository(io.cwd);
  const path = join(repository.root, fileName);
  const shown = relative(io.cwd, path) || fileName;
  if (existsSync(path) && !options.force) {
    throw new CommandFailure(exitCodes.refused, `\`${shown}\` is there already`, {
      hint: "`phasegate lint` checks it; --force writes it anew",
    });
  }
  const found = detectProject(repository);
  // Whoever names a preset wants its phases.
  const detection = options.preset === undefined ? found : { ...found, pages: null };
  const text = workflowText({
    fallbackName: basename(repository.root),
    project: detection.project,
    pages: detection.pages,
    branch: repository.branch,
    preset: options.preset ?? null,
  });
  writeFileSync(path, text, { flag: options.force ? "w" : "wx" });
  printDetection(io, detection, repository);
  const source = await WorkflowSource.open(io, path);
  const stored = source.stored();
  io.out(`written: ${printable(shown)} (${stored.normalized.phases.map(({ id }) => id).join(", ")})`);
  for (const { message, hint } of source.warningsOfRepository(stored)) {
    io.out(`${styled(io, "yellow", "look at this")}: ${printable(message)}`);
    if (hint !== null) io.out(`  hint: ${printable(hint)}`);
  }
  if (options.run && detection.pages === null) await runOnce(io, repository, detection, stored);
  printNext(io, shown, { asksForReviews: options.preset === "strict" });
}

function printDetection(io: Io, { project, alsoFound, pages }: Detection, { branch }: Repository): void {
  if (pages !== null) {
    io.out("nothing but pages was found: the workflow is for these, without tests");
  } else if (project === null) {
    io.out("no language that has a preset was found: set `evidence.tests`, `paths.tests` and `paths.source` yourself");
  } else {
    io.out(`language: ${project.language}`);
    io.out(`test runner: ${project.runner.preset}, since ${printable(project.because)}`);
    if (project.runnerAdvice !== undefined) {
      io.out(`${styled(io, "yellow", "look at this")}: ${printable(project.runnerAdvice)}`);
    }
  }
  for (const language of alsoFound) io.out(`also found: ${language}; the one test command does not cover it`);
  io.out(branch === null ? "branch: none is checked out; tasks start from what is" : `branch: ${printable(branch)}`);
}

/** Runs the tests as a gate would, and says what that showed. A project that fails its tests is no failure of `init`. */
async function runOnce(
  io: Io,
  repository: Repository,
  { project }: Detection,
  stored: ReturnType<WorkflowSource["stored"]>,
): Promise<void> {
  const needsSetup = project?.runner.preset === "vitest" || project?.runner.preset === "jest";
  if (needsSetup && project.setup === null) {
    io.out("tests: not run, since there is no lock file to install from: commit one, and set `workspace.setup`");
    return;
  }
  if (project === null && !mayHaveTarget(repository.read("Makefile") ?? "", "test")) {
    io.out(`tests: not run. ${styled(io, "yellow", "look at this")}: no rule for \`test\` is in a \`Makefile\` here`);
    io.out("  write into `evidence.tests` what runs the tests of this repository");
    return;
  }
  if (!repository.hasCommit) {
    io.out("tests: not run, since there is no commit yet");
    return;
  }
  const { setupTimeoutMs, tryTests } = await import("@phasegate/server/try-tests");
  const signal = new AbortController().signal;
  const { setup } = stored.normalized.workspace;
  if (setup !== null) {
    const minutes = setupTimeoutMs / 60_000;
    io.out(`running setup \`${printable(setup.command)}\` (at most ${minutes} minutes), then the tests …`);
  } else {
    io.out("running the tests …");
  }
  try {
    const { run, assurance } = await tryTests({ repository: repository.root, stored, env: io.env, signal });
    if (run.status === "setup_failed") return printFailedSetup(io, run, setup?.command ?? "");
    io.out(`tests: \`${printable(run.command)}\` on the base commit, ${assurance}, ${Math.round(run.durationMs)} ms`);
    printRun(io, run);
  } catch (error) {
    const failure = failureOf(error);
    if (!(failure instanceof CommandFailure)) throw error;
    io.out(`tests: not run: ${printable(failure.message)}`);
    if (failure.hint !== null) io.out(`  hint: ${printable(failure.hint)}`);
  }
}

function printRun(io: Io, run: TestRun): void {
  const count = (outcome: string) => run.cases.filter((test) => test.outcome === outcome).length;
  const counts = `${count("passed")} passed, ${count("failed")} failed, ${count("skipped") + count("todo")} skipped`;
  if (run.status === "completed" && count("passed") > 0) {
    io.out(`  ${styled(io, "green", "the preset fits")}: ${counts}`);
    if (count("failed") > 0) io.out("  tests that fail on the base may go on failing; none that passes may be lost");
    return;
  }
  const unpassed = run.cases.length > 0 ? `no test passed (${counts})` : "it reported no test";
  const problem = run.status === "completed" ? unpassed : run.status.replaceAll("_", " ");
  io.out(`  ${styled(io, "yellow", "look at this")}: ${problem}, exit code ${run.exitCode ?? "none"}`);
  printTail(io, run);
  io.out(
    `  tests run without network; \`workspace.setup\` makes their dependencies. Mend \`evidence.tests\` in the file`,
  );
}

function printFailedSetup(io: Io, run: TestRun, command: string): void {
  const took = Math.round(run.durationMs / 1000);
  io.out(`  ${styled(io, "yellow", "look at this")}: setup \`${printable(command)}\` failed after ${took} s`);
  for (const line of tellingLines(run.output)) io.out(`    ${printable(line)}`);
  io.out("  no test ran. Mend `workspace.setup` in the file, or what it installs from");
  if (!/certificate|self.signed|\bSSL\b|\bTLS\b|CERT_/i.test(run.output)) return;
  io.out("  Setup has no variable of this shell: npm finds the certificate of a company's registry or proxy by");
  io.out("  `cafile=...` in the repository's `.npmrc`");
}

function printTail(io: Io, run: TestRun): void {
  for (const line of run.output.trimEnd().split("\n").slice(-10)) io.out(`    ${printable(line)}`);
}

function printNext(io: Io, file: string, { asksForReviews }: { readonly asksForReviews: boolean }): void {
  io.out("");
  io.out("next:");
  io.out(`  git add ${printable(file)} && git commit -m "Declare the workflow"`);
  io.out("  phasegate serve    # in another terminal; shows the operator key once: export it as PHASEGATE_KEY");
  io.out("  phasegate key add --name agent-1 --kind agent --role agent");
  io.out("  phasegate key add --name maria --kind person --role approver      # for each person who approves");
  if (asksForReviews) {
    io.out(
      "  phasegate key add --name reviewer-1 --kind agent --role reviewer  # reviews as `security` and as `quality`",
    );
  }
  io.out('  phasegate task add "What is to be done"');
}
