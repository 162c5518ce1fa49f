import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { digestJson, type JsonObject, type TaskId, type TreeFacts, type WorkflowDigest } from "@phasegate/wire";
import type { CompiledPhase, CompiledWorkflow } from "@phasegate/workflow";
import picomatch from "picomatch";
import type {
  ActJudges,
  Observation,
  ResolvedBase,
  RollBack,
  Runner,
  ToolCall,
  ToolOutcome,
  WorkspaceKey,
} from "../port.ts";
import { openRunner, type RunnerOptions } from "../workspace/open-runner.ts";

/** A user's repository in a fresh directory, with files committed on branch `main`. */
export class SampleRepository {
  readonly directory: string;

  constructor(files: Readonly<Record<string, string | Buffer>>) {
    this.directory = mkdtempSync(path.join(tmpdir(), "phasegate-repository-"));
    this.git("init", "--quiet", "--initial-branch=main");
    this.commit(files);
  }

  git(...args: string[]): string {
    const identity = ["-c", "user.name=Sample", "-c", "user.email=sample@example.invalid"];
    return execFileSync("git", ["-C", this.directory, ...identity, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  }

  commit(files: Readonly<Record<string, string | Buffer>>): string {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(this.directory, name)), { recursive: true });
      writeFileSync(path.join(this.directory, name), content);
    }
    this.git("add", "--all", "--force");
    this.git("commit", "--quiet", "--allow-empty", "--message=sample");
    return this.git("rev-parse", "HEAD");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface SampleRules {
  readonly write: readonly string[];
  readonly scratch?: readonly string[];
  readonly ignore?: readonly string[];
  readonly tests?: readonly string[];
  /** As normalised: see `NormalizedWorkflow`. */
  readonly evidence?: JsonObject;
  readonly setup?: { readonly command: string; readonly inputs: readonly string[] };
}

/** As much of a compiled workflow as the runner looks at: which paths belong to the tree. */
export function sampleWorkflow(rules: SampleRules): CompiledWorkflow {
  // Without `s`, `**` stops at a line break in a name.
  const options = { dot: true, nonegate: true, flags: "s" };
  const belongs = picomatch([...rules.write], options);
  const isScratch = picomatch([...(rules.scratch ?? [])], options);
  const isTestFile = picomatch([...(rules.tests ?? [])], options);
  const { ignore = [], evidence = null, setup = null } = rules;
  return {
    digest: digestJson({ ...rules }) as WorkflowDigest,
    normalized: { evidence, workspace: { ignore, setup } } as unknown as CompiledWorkflow["normalized"],
    phases: new Map(),
    initialPhase: {} as CompiledPhase,
    lastPhase: {} as CompiledPhase,
    mayBelongToTree: (candidate) => belongs(candidate),
    isScratch: (candidate) => isScratch(candidate),
    isTestFile: (candidate) => isTestFile(candidate),
    isProtected: () => false,
  };
}

export interface Workbench extends AsyncDisposable {
  readonly runner: Runner;
  readonly repository: SampleRepository;
  readonly key: WorkspaceKey;
  readonly base: ResolvedBase;
  /** Host path of the workspace. */
  readonly workspace: string;
  readonly dataDir: string;
  call(toolName: string, args: JsonObject, overrides?: Partial<ToolCall>): ToolCall;
  /** A runner over the same directories, as after a restart of the server. */
  reopen(): Promise<Runner>;
}

/** A runner with a data directory of its own, for more workbenches than one. */
export interface SharedRunner extends AsyncDisposable {
  readonly runner: Runner;
  readonly dataDir: string;
  /** The first is `task_sample1`. */
  readonly newTask: () => TaskId;
  /** Another runner over the same directory, as after a restart of the server. */
  readonly reopen: () => Promise<Runner>;
}

/** Without an OS sandbox unless asked for. */
export async function openSharedRunner(options: Partial<RunnerOptions> = {}): Promise<SharedRunner> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "phasegate-data-"));
  const opened: Runner[] = [];
  let tasks = 0;
  const open = async () => {
    const runner = await openRunner({
      dataDir,
      workspacesDir: null,
      sandbox: "off",
      environment: process.env,
      ...options,
    });
    opened.push(runner);
    return runner;
  };
  return {
    runner: await open(),
    dataDir,
    newTask() {
      tasks += 1;
      return `task_sample${String(tasks)}` as TaskId;
    },
    reopen: open,
    async [Symbol.asyncDispose]() {
      for (const runner of opened) await runner.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A runner with one task on a fresh repository. Without an OS sandbox unless asked for. */
export async function openWorkbench(
  files: Readonly<Record<string, string | Buffer>>,
  rules: SampleRules,
  options: Partial<RunnerOptions> = {},
): Promise<Workbench> {
  const shared = await openSharedRunner(options);
  const bench = await openWorkbenchOn(shared, files, rules);
  return {
    ...bench,
    async [Symbol.asyncDispose]() {
      await shared[Symbol.asyncDispose]();
      bench.repository.remove();
    },
  };
}

/** One more task of a runner, on a fresh repository. Disposing of it leaves the runner open. */
export async function openWorkbenchOn(
  { runner, dataDir, newTask, reopen }: SharedRunner,
  files: Readonly<Record<string, string | Buffer>>,
  rules: SampleRules,
): Promise<Workbench> {
  const repository = new SampleRepository(files);
  const workflow = sampleWorkflow(rules);
  const base = await runner.resolveBase({ repository: repository.directory, ref: null, workflow });
  const taskId = newTask();
  const key: WorkspaceKey = { taskId, repository: repository.directory, base, workflow };
  const { path: workspace } = await runner.openWorkspace(key);
  return {
    runner,
    repository,
    key,
    base,
    workspace,
    dataDir,
    call: (toolName, args, overrides = {}) => ({
      task: key,
      epoch: 1,
      toolName,
      args,
      on: "workspace",
      network: "none",
      timeoutSeconds: 20,
      entryTree: base.tree,
      baseTree: base.tree,
      signal: new AbortController().signal,
      ...overrides,
    }),
    reopen,
    async [Symbol.asyncDispose]() {
      await runner.discardWorkspace(taskId);
      repository.remove();
    },
  };
}

/** Judges that remember what they were shown and answer what they are told. */
export class RecordingJudges implements ActJudges {
  readonly observations: Observation[] = [];
  readonly outside: Observation[] = [];
  readonly outcomes: ToolOutcome[] = [];
  readonly #answers: { observed: RollBack; outside: RollBack };

  constructor(answers: { observed?: RollBack; outside?: RollBack } = {}) {
    this.#answers = { observed: answers.observed ?? "none", outside: answers.outside ?? "none" };
  }

  contentsNeeded(): readonly string[] {
    return [];
  }

  changedOutside(observation: Observation): Promise<RollBack> {
    this.outside.push(observation);
    return Promise.resolve(this.#answers.outside);
  }

  observed(observation: Observation, outcome: ToolOutcome): Promise<RollBack> {
    this.observations.push(observation);
    this.outcomes.push(outcome);
    return Promise.resolve(this.#answers.observed);
  }
}

/** The tree's facts, read byte by byte; what was changed from outside is kept unless told otherwise. */
export function treeOf(
  bench: Pick<Workbench, "runner" | "key" | "base">,
  options: { epoch?: number; use?: () => Promise<void>; outside?: RollBack } = {},
): Promise<TreeFacts> {
  return bench.runner.withTree(
    {
      task: bench.key,
      epoch: options.epoch ?? null,
      compareWith: [bench.base.tree],
      contentsNeeded: () => [],
      changedOutside: () => Promise.resolve(options.outside ?? "none"),
    },
    async (facts) => {
      await options.use?.();
      return facts;
    },
  );
}
