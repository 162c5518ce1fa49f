import { redactPayload } from "@phasegate/ledger";
import type { FailuresState, TaskState } from "@phasegate/engine";
import { digestJson } from "@phasegate/wire";
import type { Digest, FailuresAnswer, JsonValue, TestRun } from "@phasegate/wire";
import { failuresIn, problemOfRun } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";

/** Most tests that are named for one run, and for all earlier runs of a tree. */
const maxNames = 200;
const maxNamesBytes = 32 * 1024;
const maxShownNames = 20;
const maxShownCharacters = 300;

/** What failed in a run, small beside the run itself: it is kept also where the run does not fit. */
export interface FailedTests {
  readonly command: string;
  /** In order, so that equal failures are of equal digest; the first that fit. */
  readonly names: readonly string[];
  readonly total: number;
}

/** Tests of a run that failed at least once, files that do not load, or that it came to nothing; null when all is well. */
export function failedTests(run: TestRun): { readonly digest: Digest; readonly body: JsonValue } | null {
  const problem = problemOfRun(run);
  const failed = problem === null ? [...failuresIn(run), ...run.flaky] : [`all tests (${problem})`];
  if (failed.length === 0) return null;
  const distinct = new Set(failed);
  const names: string[] = [];
  let room = maxNamesBytes;
  for (const name of firstInOrder(distinct, maxNames)) {
    room -= Buffer.byteLength(JSON.stringify(name));
    if (room < 0) break;
    names.push(name);
  }
  const found: FailedTests = { command: run.command, names, total: distinct.size };
  const body = redactPayload(found, { maxBytes: 2 * maxNamesBytes });
  return { digest: digestJson(body), body };
}

/** Tens of thousands are not sorted for the few that are named. */
function firstInOrder(names: Iterable<string>, most: number): readonly string[] {
  let first: string[] = [];
  let last: string | undefined;
  for (const name of names) {
    if (last !== undefined && name > last) continue;
    first.push(name);
    if (first.length < 2 * most) continue;
    first = first.toSorted().slice(0, most);
    last = first.at(-1);
  }
  return first.toSorted().slice(0, most);
}

/**
 * What failed when all tests of this tree ran earlier for this task, whoever asked: a pass by chance does not hide the
 * runs before it, however many there are. Bounded, newest first.
 */
export async function failedEarlier(context: ServerContext, task: TaskState, current: TestRun): Promise<string[]> {
  const { failures } = await context.tasks.require(task.id);
  const names = new Set<string>();
  for (const one of failures.toReversed()) {
    if (one.tree !== current.tree) continue;
    const failed = await readFailedTests(context, one);
    if (failed === null) names.add("a run whose tests are no longer kept");
    else if (failed.command === current.command) for (const name of failed.names) names.add(name);
  }
  return [...names].slice(0, maxNames);
}

/** Failures as people see them, newest first. */
export async function failuresAnswer(
  context: ServerContext,
  failures: readonly FailuresState[],
): Promise<FailuresAnswer[]> {
  const answers: FailuresAnswer[] = [];
  for (const one of failures.toReversed()) {
    const failed = await readFailedTests(context, one);
    answers.push({
      tree: one.tree,
      phase: one.phase,
      entry: one.entry,
      recorded_at: one.at,
      result_digest: one.resultDigest,
      failed: (failed?.names ?? []).slice(0, maxShownNames).map((name) => name.slice(0, maxShownCharacters)),
      failed_total: failed?.total ?? null,
    });
  }
  return answers;
}

/** Null when the body is gone. */
async function readFailedTests(context: ServerContext, { resultDigest }: FailuresState): Promise<FailedTests | null> {
  const payload = await context.ledger.getPayload(resultDigest);
  if (payload?.state !== "kept") return null;
  const { failed } = payload.body as { readonly failed?: FailedTests };
  return failed ?? null;
}
