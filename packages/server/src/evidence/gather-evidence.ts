import type { TaskState } from "@phasegate/engine";
import type { WorkspaceKey } from "@phasegate/runner";
import { PhasegateError } from "@phasegate/wire";
import type {
  Digest,
  EvidenceFacts,
  EvidencePurpose,
  OperationId,
  RedIdentity,
  TestRun,
  TreeDigest,
  UnloadedTestFile,
} from "@phasegate/wire";
import {
  evidenceNeeded,
  evidenceWorkflow,
  filesThatStopOthers,
  filesToRunWithout,
  mayHaveUnstableNames,
  redTreePaths,
  treeOfBaseTests,
  treesToBeRedAgain,
  withUnstableFiles,
} from "@phasegate/workflow";
import type { CommandNeeded, CompiledPhase, CompiledTransition, CompiledWorkflow } from "@phasegate/workflow";
import { KeptPayload } from "@phasegate/ledger";
import type { ServerContext } from "../context.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";
import { submittedArtifacts } from "../transitions/transition-facts.ts";
import { earlierReds, earlierTexts } from "./earlier-reds.ts";
import { failedEarlier } from "./failed-tests.ts";
import { keepRun } from "./kept-run.ts";
import { recordedCommand, recordedRun } from "./recorded-evidence.ts";
import { recordEvidence } from "./record-evidence.ts";
import type { RunPlace } from "./run-cache.ts";
import { runOwner } from "./run-owner.ts";

/** What evidence is gathered for. */
export interface EvidenceSubject {
  readonly task: TaskState;
  readonly workflow: CompiledWorkflow;
  readonly phase: CompiledPhase;
  readonly transition: CompiledTransition;
  readonly operationId: OperationId;
  /** The tree that is judged. */
  readonly tree: TreeDigest;
  readonly signal: AbortSignal;
}

/** Bound of the output of a command in the ledger. */
const maxCommandBytes = 64 * 1024;

/**
 * Makes every run that the checks of a transition look at, and records each before it counts. What this operation has
 * recorded on the same tree is used again, and so is a pass of any task, except where red tests are held against it:
 * that pass and their run without the implementation are of one moment. Runs go one after another, since each takes the
 * machine as it is.
 */
export async function gatherEvidence(context: ServerContext, subject: EvidenceSubject): Promise<EvidenceFacts> {
  const { task, workflow, phase, transition, tree } = subject;
  const needed = evidenceNeeded(checksOf(phase, transition));
  const kept = await readNames<RedIdentity>(context, task.redIdentities);
  const reds = kept.filter(({ isStandIn }) => isStandIn !== true);
  const earlier = await earlierReds(context, task);
  const facts: { -readonly [Member in keyof EvidenceFacts]: EvidenceFacts[Member] } = {
    redIdentities: reds,
    besideReds: kept.filter(({ isStandIn }) => isStandIn === true),
    earlierReds: earlier,
    earlierTexts: await earlierTexts(context, earlier, tree),
    passedEarlier: await readNames<string>(context, task.passedEarlier),
  };
  if (needed.base) facts.base = await runOn(context, subject, { purpose: "base", tree: task.baseTree });
  if (needed.red) {
    const overlaid = await context.runner.overlayTree({
      base: task.baseTree,
      from: tree,
      include: redTreePaths(phase),
    });
    facts.red = await runOn(context, subject, { purpose: "red", tree: overlaid, sourceTree: tree, before: facts.base });
  }
  if (needed.current) {
    const current: RunWanted = { purpose: "current", tree, before: facts.base };
    const judged =
      needed.redAgain && reds.length > 0
        ? await runAtOneMoment(context, subject, current, reds)
        : { current: await runOn(context, subject, current) };
    Object.assign(facts, judged);
    facts.failedEarlier = await failedEarlier(context, task, judged.current);
    facts.failuresForgotten = task.failuresForgotten;
  }
  if (needed.baseTests && facts.base && passesAnything(facts.base)) {
    const { run, leftOut } = await runBaseTests(context, subject, { base: facts.base, current: facts.current });
    facts.baseTests = run;
    if (leftOut.length > 0) facts.baseTestsLeftOut = leftOut;
    facts.baseTestsFailedEarlier = await failedEarlier(context, task, facts.baseTests);
  }
  if (needed.commands.length > 0) {
    const commands: Record<string, NonNullable<EvidenceFacts["commands"]>[string]> = {};
    const key = workspaceKey(context, task, workflow);
    for (const command of needed.commands) commands[command.key] = await runCommand(context, subject, key, command);
    facts.commands = commands;
  }
  return facts;
}

/** Checks that a transition is judged by. */
export function checksOf(phase: CompiledPhase, transition: CompiledTransition) {
  return [
    ...(transition.kind === "rework" ? [] : phase.artifacts.flatMap((artifact) => artifact.validation)),
    ...transition.gates.flatMap((gate) => gate.checks),
  ];
}

interface RunWanted {
  readonly purpose: EvidencePurpose;
  readonly tree: TreeDigest;
  /** The tree that is judged, where what runs is laid together from it and the base. */
  readonly sourceTree?: TreeDigest;
  /** The run whose tests have to be in this one. */
  readonly before?: TestRun | undefined;
}

/**
 * The run on the tree that is judged and those of red tests without the implementation, back to back, or all of them as
 * this judgement recorded them: a pass of another moment says nothing beside them.
 */
async function runAtOneMoment(
  context: ServerContext,
  subject: EvidenceSubject,
  wanted: RunWanted,
  reds: readonly RedIdentity[],
): Promise<Pick<EvidenceFacts, "redAgain"> & { readonly current: TestRun }> {
  const again = (red: TreeDigest): RunWanted => ({ purpose: "red_again", tree: red });
  const known = await recordedRun(context, subject, wanted);
  if (known) {
    const runs = await Promise.all(
      treesToBeRedAgain(reds, known).map((red) => recordedRun(context, subject, again(red))),
    );
    const redAgain = runs.filter((run) => run !== null);
    if (redAgain.length === runs.length) return { current: known, redAgain };
  }
  const current = await runAnew(context, subject, wanted);
  const redAgain: TestRun[] = [];
  for (const red of treesToBeRedAgain(reds, current)) redAgain.push(await runAnew(context, subject, again(red)));
  return { current, redAgain };
}

/** How often the tests of the base are run anew without files that do not load: each build may stop at another. */
const maxRunsWithout = 4;

/**
 * The tests of the base on the tree that is judged. Where one of them keeps the others from being known, those files are
 * left out that the task gives up whole, and those that do not load, which are named.
 */
async function runBaseTests(
  context: ServerContext,
  subject: EvidenceSubject,
  runs: { readonly base: TestRun; readonly current: TestRun | undefined },
): Promise<{ readonly run: TestRun; readonly leftOut: readonly UnloadedTestFile[] }> {
  const { task, workflow, tree: sourceTree } = subject;
  const { base } = runs;
  const { include, without } = treeOfBaseTests(workflow, runs);
  const run = async (without: ReadonlySet<string>): Promise<TestRun> => {
    const tree = await context.runner.overlayTree({ base: sourceTree, from: task.baseTree, include, without });
    return runOn(context, subject, { purpose: "base_tests", tree, sourceTree, before: base });
  };
  const whole = await run(without);
  const givenUp = filesToRunWithout({ artifacts: await submittedArtifacts(context, task) }, { base, baseTests: whole });
  let judged = givenUp.size === 0 ? whole : await run(without.union(givenUp));
  const leftOut: UnloadedTestFile[] = [];
  for (let count = 0; count < maxRunsWithout; count += 1) {
    const stopping = filesThatStopOthers({ base, baseTests: judged }, include);
    if (stopping.length === 0) break;
    const files = new Set([...leftOut, ...stopping].map(({ file }) => file));
    const rest = await run(without.union(givenUp).union(files));
    if (rest.status !== "completed") break;
    leftOut.push(...stopping);
    judged = rest;
  }
  return { run: judged, leftOut };
}

function passesAnything({ cases }: TestRun): boolean {
  return cases.some(({ outcome }) => outcome === "passed");
}

async function runOn(context: ServerContext, subject: EvidenceSubject, wanted: RunWanted): Promise<TestRun> {
  const { task, workflow } = subject;
  const recorded = await recordedRun(context, subject, wanted);
  if (recorded) return recorded;
  const place = { workflow: workflow.digest, baseTree: task.baseTree, tree: wanted.tree };
  return runAnew(context, subject, wanted, passFor(context, place, wanted.purpose));
}

/** Runs, and once more where the names of tests may be unstable. `pass` stands for the first run. */
async function runAnew(
  context: ServerContext,
  subject: EvidenceSubject,
  wanted: RunWanted,
  pass: TestRun | null = null,
): Promise<TestRun> {
  const first = pass ?? (await runTests(context, subject, wanted));
  if (!wanted.before || !mayHaveUnstableNames(wanted.before, first)) return keep(context, subject, wanted, first);
  const again = await keep(context, subject, wanted, await runTests(context, subject, wanted));
  return keep(context, subject, wanted, withUnstableFiles(first, again));
}

/** Whose passes open a gate: they are vouched for by tests that must fail. Others are only compared with. */
const opensGates: ReadonlySet<EvidencePurpose> = new Set(["red", "current"]);

/** A pass that may stand for this run. */
function passFor(context: ServerContext, place: RunPlace, purpose: EvidencePurpose): TestRun | null {
  const pass = context.runs.passAt(place);
  return opensGates.has(purpose) && pass?.canary === undefined ? null : pass;
}

async function runTests(
  context: ServerContext,
  subject: EvidenceSubject,
  { purpose, tree }: RunWanted,
): Promise<TestRun> {
  const { task, workflow, signal, operationId } = subject;
  const startedAt = performance.now();
  const attributes = { "phasegate.task_id": task.id, "phasegate.purpose": purpose };
  const command = evidenceWorkflow(workflow.normalized.evidence).tests?.command ?? "the tests";
  using told = context.progress.begin(operationId, { purpose, command });
  const run = await context.tracing.span("evidence run", { attributes }, () =>
    context.runner.runTests({
      task: workspaceKey(context, task, workflow),
      tree,
      baseTree: task.baseTree,
      evidenceId: context.ids.make("evidence"),
      owner: runOwner(context, task),
      ...(opensGates.has(purpose) ? { canary: "if_reported" as const } : {}),
      ...(purpose === "red_again" ? { retries: 0 } : {}),
      onStart: () => told.started(),
      signal,
    }),
  );
  signal.throwIfAborted();
  context.metrics.evidenceRan({ purpose, status: run.status, seconds: secondsSince(startedAt) });
  return run;
}

/** Records the run before it counts. */
async function keep(
  context: ServerContext,
  { task, workflow, operationId }: EvidenceSubject,
  { purpose, tree, sourceTree }: RunWanted,
  run: TestRun,
): Promise<TestRun> {
  const { payload, failed } = await keepRun(run);
  context.runs.remember({ workflow: workflow.digest, baseTree: task.baseTree, tree }, payload.digest, run);
  await recordEvidence(context, task.id, {
    evidenceId: run.evidenceId,
    purpose,
    tree,
    sourceTree: sourceTree ?? null,
    key: run.key,
    payload,
    failed,
    status: run.status,
    selected: false,
    operationId,
  });
  return run;
}

async function runCommand(
  context: ServerContext,
  subject: EvidenceSubject,
  key: WorkspaceKey,
  command: CommandNeeded,
): Promise<NonNullable<EvidenceFacts["commands"]>[string]> {
  const { task, tree, signal, operationId } = subject;
  const recorded = await recordedCommand(context, subject, command.key);
  if (recorded) return recorded;
  const startedAt = performance.now();
  const attributes = { "phasegate.task_id": task.id, "phasegate.purpose": "command" };
  using told = context.progress.begin(operationId, { purpose: "command", command: command.run });
  const outcome = await context.tracing.span("evidence run", { attributes }, () =>
    context.runner.runCommand({
      task: key,
      tree,
      baseTree: task.baseTree,
      command: command.run,
      timeoutSeconds: command.timeoutSeconds,
      owner: runOwner(context, task),
      onStart: () => told.started(),
      signal,
    }),
  );
  signal.throwIfAborted();
  const status = outcome.timedOut ? "timed_out" : "completed";
  context.metrics.evidenceRan({ purpose: "command", status, seconds: secondsSince(startedAt) });
  const evidenceId = context.ids.make("evidence");
  // A command that ran out of time has not exited with 0, whatever its last process said.
  const exitCode = outcome.timedOut && outcome.exitCode === 0 ? 124 : outcome.exitCode;
  const payload = KeptPayload.of(
    { evidence_id: evidenceId, command: command.run, exit_code: exitCode, output: outcome.output },
    { maxBytes: maxCommandBytes },
  );
  await recordEvidence(context, task.id, {
    evidenceId,
    purpose: "command",
    tree,
    sourceTree: null,
    key: command.key,
    payload,
    failed: null,
    status,
    selected: false,
    operationId,
  });
  return { exitCode, evidenceId, output: outcome.output };
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000;
}

/** Names that earlier gates of the task found. One whose body is gone could hide a test that must pass: that is refused. */
async function readNames<Name>(context: ServerContext, kept: readonly { readonly digest: Digest }[]): Promise<Name[]> {
  const names: Name[] = [];
  for (const { digest } of kept) {
    const payload = await context.ledger.getPayload(digest);
    if (payload?.state !== "kept" || !Array.isArray(payload.body)) {
      throw new PhasegateError("gate_blocked", "the tests that earlier gates found are no longer kept", {
        hint: "go back to the phase that wrote the tests and pass its gate again",
      });
    }
    names.push(...(payload.body as unknown as Name[]));
  }
  return names;
}
