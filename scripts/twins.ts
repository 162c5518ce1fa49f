// Switches off one rule at a time in a copy of the tree, and demands that the test which names its promise goes red.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { copyTree } from "./twins/copy-tree.ts";
import { runTests, type TestOutcome } from "./twins/run-tests.ts";
import { loadTwins, switchedOff, type Twin } from "./twins/twin-file.ts";

const usage = "usage: npm run twins -- [--area NAME] [--promise TEXT] [--jobs N] [--committed]";
const wholeLimitMs = 15 * 60_000;
const oneLimitMs = 3 * 60_000;
/** A test that hangs with its rule off is red. */
const testLimitMs = 60_000;

interface Verdict {
  readonly twin: Twin;
  /** Null: the named test went red. */
  readonly wrong: string | null;
  readonly seconds: number;
}

const { area, promise, jobs, committed } = options();
const twins = loadTwins().filter(
  (twin) => (area === undefined || twin.area === area) && (promise === undefined || twin.promise.includes(promise)),
);
if (twins.length === 0) fail("no promise is named so");
const home = realpathSync(mkdtempSync(join(tmpdir(), "phasegate-twins-")));
try {
  const trees = Array.from({ length: jobs }, (_, index) => join(home, String(index)));
  for (const tree of trees) copyTree(tree, committed ? "committed" : "working");
  const broken = await unfitAsTheyAre(trees[0] ?? home);
  for (const line of broken) print(line);
  const verdicts = broken.length === 0 ? await tryAll(trees) : [];
  for (const line of tableOf(verdicts)) print(line);
  process.exitCode = broken.length === 0 && verdicts.every(({ wrong }) => wrong === null) ? 0 : 1;
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

/** Named tests that are not there, or red already: what they say with a rule off would mean nothing. */
async function unfitAsTheyAre(tree: string): Promise<readonly string[]> {
  const files = [...new Set(twins.map(({ test }) => test))];
  const outcomes = await runTests({ tree, files, limitMs: wholeLimitMs });
  if (outcomes === null) return ["the tests could not be run as they are"];
  return twins.flatMap((twin) => {
    const named = outcomesOf(twin, outcomes);
    if (named.length === 0) return [`not found: ${twin.test}: \`${twin.named}\``];
    return named.some(({ status }) => status === "failed") ? [`red as it is: ${twin.test}: \`${twin.named}\``] : [];
  });
}

async function tryAll(trees: readonly string[]): Promise<readonly Verdict[]> {
  const waiting = [...twins];
  const verdicts: Verdict[] = [];
  const work = async (tree: string): Promise<void> => {
    for (let twin = waiting.shift(); twin; twin = waiting.shift()) {
      const began = performance.now();
      const wrong = await tryOne(tree, twin);
      const seconds = (performance.now() - began) / 1_000;
      verdicts.push({ twin, wrong, seconds });
      print(`${wrong === null ? "red " : "HOLE"} ${seconds.toFixed(1).padStart(5)} s  ${twin.area}: ${twin.promise}`);
      if (wrong !== null) print(`     ${wrong}`);
    }
  };
  await Promise.all(trees.map(work));
  return verdicts;
}

async function tryOne(tree: string, twin: Twin): Promise<string | null> {
  const path = join(tree, twin.rule);
  const source = readFileSync(path, "utf8");
  const { off, why } = switchedOff(twin, source);
  if (off === null) return why;
  writeFileSync(path, off);
  try {
    const outcomes = await runTests({ tree, files: [twin.test], named: twin.named, limitMs: oneLimitMs, testLimitMs });
    const named = outcomesOf(twin, outcomes ?? []);
    if (named.length === 0) return "with the rule off the test does not run at all: write the change otherwise";
    return named.some(({ status }) => status === "failed") ? null : `survived: ${twin.test}: \`${twin.named}\``;
  } finally {
    writeFileSync(path, source);
  }
}

function outcomesOf(twin: Twin, outcomes: readonly TestOutcome[]): readonly TestOutcome[] {
  return outcomes.filter(({ file, name }) => file === twin.test && name.includes(twin.named));
}

function tableOf(verdicts: readonly Verdict[]): readonly string[] {
  const areas = [...new Set(twins.map((twin) => twin.area))];
  const rows = areas.map((name) => {
    const tried = verdicts.filter(({ twin }) => twin.area === name);
    const holes = tried.filter(({ wrong }) => wrong !== null).length;
    const seconds = tried.reduce((sum, one) => sum + one.seconds, 0);
    return `${name.padEnd(16)}${String(tried.length).padStart(8)}${String(holes).padStart(7)}${seconds.toFixed(0).padStart(9)}`;
  });
  return ["", `${"area".padEnd(16)}promises  holes  seconds`, ...rows];
}

function options(): {
  readonly area?: string;
  readonly promise?: string;
  readonly jobs: number;
  readonly committed: boolean;
} {
  try {
    const { values } = parseArgs({
      options: {
        area: { type: "string" },
        promise: { type: "string" },
        jobs: { type: "string", default: "2" },
        committed: { type: "boolean", default: false },
      },
    });
    const count = Number(values.jobs);
    if (!Number.isInteger(count) || count < 1 || count > 8) return fail(usage);
    return { ...values, jobs: count };
  } catch {
    return fail(usage);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
