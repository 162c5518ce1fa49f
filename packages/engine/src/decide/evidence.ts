import { type Digest, isTerminal, serverPrincipalId } from "@phasegate/wire";
import type { Decision, RecordEvidence, RequestEvidence } from "../commands.ts";
import type { EvidenceState } from "../task-state.ts";
import { allow, newEvent, refuse } from "./answer.ts";
import type { Situation } from "./situation.ts";

/** Records what is about to run for a pending transition. */
export function decideRequestEvidence(situation: Situation, command: RequestEvidence): Decision {
  const { task, context } = situation;
  if (context.principal.id !== serverPrincipalId) return refuseCaller(situation, command);
  if (task.pendingTransition?.operationId !== command.operationId) {
    return refuse(situation, command, {
      code: "unknown_operation",
      message: `no transition \`${command.operationId}\` is being judged`,
      hint: "it was decided or withdrawn: run nothing for it",
    });
  }
  return allow([
    newEvent(context, "evidence.requested", {
      operation_id: command.operationId,
      runs: command.runs.map(({ purpose, tree }) => ({ purpose, tree })),
    }),
  ]);
}

/** Records what a run reported. The same evidence again, as a job that runs twice gives it, leaves no second event. */
export function decideRecordEvidence(situation: Situation, command: RecordEvidence): Decision {
  const { task, context } = situation;
  if (context.principal.id !== serverPrincipalId) return refuseCaller(situation, command);
  if (isTerminal(task.status)) {
    return refuse(situation, command, {
      code: "task_not_active",
      message: `the task has ended (\`${task.status}\`)`,
      hint: "nothing waits for the evidence any more",
    });
  }
  if (task.evidence.some((known) => isSame(known, command, task.phase))) return allow([]);
  return allow([
    newEvent(context, "evidence.recorded", {
      evidence_id: command.evidenceId,
      purpose: command.purpose,
      tree: command.tree,
      source_tree: command.sourceTree,
      phase: task.phase,
      entry: task.entry,
      key: command.key,
      result_digest: command.resultDigest,
      status: command.status,
      failed: command.failed,
      selected: command.selected,
      operation_id: command.operationId,
    }),
  ]);
}

/**
 * Why the evidence at hand says nothing about what is judged; null when it does. Each run must be one that was
 * recorded for this task under its purpose, on exactly the tree that it is needed for.
 */
export function judgeEvidence({ task, facts }: Pick<Situation, "task" | "facts">): string | null {
  const { base, red, redAgain = [], current, baseTests, commands = {} } = facts.evidence ?? {};
  const judged = facts.tree?.digest;
  const runs = [
    ...(base ? [{ run: base.tree, known: recorded(task.evidence, "base", base), needed: task.baseTree }] : []),
    ...(red ? [{ run: red.tree, known: recorded(task.evidence, "red", red), needed: red.tree }] : []),
    ...redAgain.map((run) => ({
      run: run.tree,
      known: recorded(task.evidence, "red_again", run),
      needed: run.tree,
    })),
    ...(current ? [{ run: current.tree, known: recorded(task.evidence, "current", current), needed: judged }] : []),
    ...(baseTests
      ? [{ run: baseTests.tree, known: recorded(task.evidence, "base_tests", baseTests), needed: baseTests.tree }]
      : []),
    ...Object.values(commands).map((one) => ({
      run: judged,
      known: recorded(task.evidence, "command", one),
      needed: judged,
    })),
  ];
  for (const { run, known, needed } of runs) {
    if (run === undefined || run !== needed) return "evidence is of another tree";
    if (!known) return "evidence was not recorded for this task";
    const isLaid = known.purpose === "red" || known.purpose === "base_tests";
    const isOfJudged = !isLaid || (known.sourceTree === judged && known.phase === task.phase);
    if (known.tree !== needed || !isOfJudged) return "evidence is of another tree";
  }
  return null;
}

/** The result digests of the evidence at hand, for what an approval binds to. */
export function evidenceDigests({ task, facts }: Pick<Situation, "task" | "facts">): Readonly<Record<string, Digest>> {
  const { base, red, redAgain = [], current, baseTests, commands = {} } = facts.evidence ?? {};
  const named = [
    ["base", recorded(task.evidence, "base", base)] as const,
    ["red", recorded(task.evidence, "red", red)] as const,
    ...redAgain.map((run) => [`red_again:${run.tree}`, recorded(task.evidence, "red_again", run)] as const),
    ["current", recorded(task.evidence, "current", current)] as const,
    ["base_tests", recorded(task.evidence, "base_tests", baseTests)] as const,
    ...Object.entries(commands).map(
      ([key, one]) => [`command:${key}`, recorded(task.evidence, "command", one)] as const,
    ),
  ];
  return Object.fromEntries(named.flatMap(([name, known]) => (known ? [[name, known.resultDigest]] : [])));
}

function recorded(
  all: readonly EvidenceState[],
  purpose: EvidenceState["purpose"],
  run: { readonly evidenceId: EvidenceState["id"] } | undefined,
): EvidenceState | undefined {
  return run && all.findLast((known) => known.id === run.evidenceId && known.purpose === purpose);
}

function isSame(known: EvidenceState, command: RecordEvidence, phase: string): boolean {
  return (
    known.id === command.evidenceId &&
    known.purpose === command.purpose &&
    known.tree === command.tree &&
    known.sourceTree === command.sourceTree &&
    known.resultDigest === command.resultDigest &&
    known.phase === phase
  );
}

function refuseCaller(situation: Situation, command: RecordEvidence | RequestEvidence): Decision {
  return refuse(situation, command, {
    code: "forbidden",
    message: "evidence is gathered by the server, never claimed",
    hint: "ask for the transition: the server runs what its gate needs",
  });
}
