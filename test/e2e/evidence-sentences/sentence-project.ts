import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openRunner, type Runner, type WorkspaceKey } from "@phasegate/runner";
import type { EvidenceFacts, JsonValue, RedIdentity, TaskId, TestRun, TreeDigest, TreeFacts } from "@phasegate/wire";
import {
  compileWorkflow,
  findCheck,
  loadWorkflow,
  mayHaveUnstableNames,
  redIdentitiesOf,
  redTreePaths,
  textsForEvidence,
  treesToBeRedAgain,
  withUnstableFiles,
  type CheckOutcome,
  type CompiledWorkflow,
} from "@phasegate/workflow";
import { makeRepository, temporaryDirectory } from "../../harness/repository.ts";
import type { Files, Language } from "./languages.ts";

const installed = fileURLToPath(new URL("../../../node_modules", import.meta.url));

export interface ProjectOptions {
  readonly language: Language;
  /** Of the base commit, besides what every project of the language holds. */
  readonly files: Files;
  /** Members of `evidence.tests` besides the preset, as YAML. */
  readonly tests?: string;
  readonly measuresCoverage?: boolean;
}

/** What a gate makes of the workspace as it is. */
export interface Step {
  readonly check: string;
  readonly artifacts?: Readonly<Record<string, JsonValue>>;
}

/**
 * A project whose tests really run: a runner with its sandbox, the workflow as it is loaded, and the judgement of the
 * checks. What the server adds (operations, ledger, HTTP) takes no part in what these sentences say.
 */
export class SentenceProject implements AsyncDisposable {
  readonly #runner: Runner;
  readonly #workflow: CompiledWorkflow;
  readonly #key: WorkspaceKey;
  readonly #base: TreeDigest;
  readonly #workspace: string;
  readonly #remove: () => void;
  readonly #baseFiles: Files;
  readonly #hasCanaries: boolean;
  readonly #runs = new Map<TreeDigest, TestRun>();
  readonly #written = new Set<string>();
  #reds: RedIdentity[] = [];
  #passedEarlier: string[] = [];

  private constructor(parts: {
    runner: Runner;
    key: WorkspaceKey;
    base: TreeDigest;
    workspace: string;
    files: Files;
    hasCanaries: boolean;
    remove: () => void;
  }) {
    this.#runner = parts.runner;
    this.#key = parts.key;
    this.#workflow = parts.key.workflow;
    this.#base = parts.base;
    this.#workspace = parts.workspace;
    this.#baseFiles = parts.files;
    this.#hasCanaries = parts.hasCanaries;
    this.#remove = parts.remove;
  }

  static async open(options: ProjectOptions): Promise<SentenceProject> {
    const { path, remove } = temporaryDirectory("sentences");
    const files = { ...options.language.files, ...options.files } as Record<string, string>;
    const repository = makeRepository(join(path, "repository"), files);
    const workflow = workflowOf(options);
    const runner = await openRunner({
      dataDir: join(path, "data"),
      workspacesDir: null,
      sandbox: "auto",
      environment: process.env,
      toolchainDirs: [installed],
    });
    const base = await runner.resolveBase({ repository, ref: null, workflow });
    const key = { taskId: "task_sentences" as TaskId, repository, base, workflow };
    const { path: workspace } = await runner.openWorkspace(key);
    // What a canary makes of a run has nothing to do with its coverage, and doubles what is measured; each of vitest
    // takes seconds, and `canary.system.test.ts` holds them.
    const hasCanaries = options.measuresCoverage !== true && options.language.preset !== "vitest";
    return new SentenceProject({ runner, key, base: base.tree, workspace, files, hasCanaries, remove });
  }

  get workspacePath(): string {
    return this.#workspace;
  }

  /** A new task: the workspace is the base again, and no gate has passed. */
  reset(): void {
    for (const path of this.#written) this.#write(path, this.#baseFiles[path] ?? null);
    this.#written.clear();
    this.#reds = [];
    this.#passedEarlier = [];
  }

  write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      this.#write(path, text);
      this.#written.add(path);
    }
  }

  /** Makes the runs that the check needs, judges, and remembers what a gate that passed leaves behind. */
  async judge({ check, artifacts = {} }: Step): Promise<{ outcome: CheckOutcome; run: TestRun; red: string[] }> {
    const isRed = check === "tests_are_failing";
    const phase = this.#workflow.phases.get(isRed ? "TDD" : "IMPL");
    const definition = findCheck(check);
    if (!phase || !definition) throw new Error(`no check \`${check}\``);
    const tree = await this.#tree();
    const base = await this.#runOn(this.#base, null);
    const include = redTreePaths(phase);
    const judged = isRed
      ? await this.#runner.overlayTree({ base: this.#base, from: tree.digest, include })
      : tree.digest;
    const run = await this.#runOn(judged, base);
    const evidence: EvidenceFacts = {
      base,
      ...(isRed ? { red: run } : { current: run }),
      redIdentities: this.#reds,
      redAgain: isRed ? [] : await this.#redAgain(run),
      passedEarlier: this.#passedEarlier,
    };
    const facts = { tree, evidence, artifacts };
    const outcome = definition.judge({
      workflow: this.#workflow,
      phase: phase.id,
      parameters: {},
      facts,
      entryTree: this.#base,
      baseTree: this.#base,
      freezes: [],
      selfReported: false,
    });
    const red = isRed
      ? redIdentitiesOf({
          facts,
          baseTree: this.#base,
          isTestFile: (path) => this.#workflow.isTestFile(path),
          mayWrite: include,
        })
      : [];
    if (outcome.passed && isRed) this.#reds.push(...red);
    if (outcome.passed && check === "all_tests_pass") {
      this.#passedEarlier = run.cases.filter((one) => one.outcome === "passed").map((one) => one.identity);
    }
    return { outcome, run, red: red.map(({ identity }) => identity) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner.close();
    this.#remove();
  }

  #write(path: string, text: string | null): void {
    const file = join(this.#workspace, path);
    if (text === null) return rmSync(file, { force: true });
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  #tree(): Promise<TreeFacts> {
    const phase = this.#workflow.phases.get("IMPL");
    if (!phase) throw new Error("the workflow has lost a phase");
    return this.#runner.withTree(
      {
        task: this.#key,
        epoch: null,
        compareWith: [this.#base],
        contentsNeeded: (changes) => textsForEvidence(this.#workflow, phase, changes),
        changedOutside: () => Promise.resolve("none"),
      },
      (facts) => Promise.resolve(facts),
    );
  }

  async #redAgain(current: TestRun): Promise<TestRun[]> {
    const runs: TestRun[] = [];
    for (const tree of treesToBeRedAgain(this.#reds, current)) runs.push(await this.#runOn(tree, null));
    return runs;
  }

  /** One run of a tree serves all rows, and one that may have unstable names is made twice, as the server does. */
  async #runOn(tree: TreeDigest, before: TestRun | null): Promise<TestRun> {
    const known = this.#runs.get(tree);
    if (known) return known;
    const opensGate = before !== null;
    const first = await this.#runTests(tree, opensGate);
    const run =
      opensGate && mayHaveUnstableNames(before, first)
        ? withUnstableFiles(first, await this.#runTests(tree, opensGate))
        : first;
    this.#runs.set(tree, run);
    return run;
  }

  #runTests(tree: TreeDigest, opensGate: boolean): Promise<TestRun> {
    return this.#runner.runTests({
      task: this.#key,
      tree,
      baseTree: this.#base,
      evidenceId: `evd_${tree.slice(-16)}` as TestRun["evidenceId"],
      ...(opensGate && this.#hasCanaries ? { canary: "if_reported" as const } : {}),
      signal: new AbortController().signal,
    });
  }
}

function workflowOf({ language, tests = ", retries: 0", measuresCoverage = false }: ProjectOptions): CompiledWorkflow {
  const { paths, preset } = language;
  const text = `name: sentences
workspace: { setup: { command: "ln -s ${installed} node_modules", inputs: [package.json] } }
evidence:
  tests: { preset: ${preset}${tests} }
${measuresCoverage ? "  coverage: { minimum: 50 }\n" : ""}phases:
  - { id: TDD, tools: [edit], write: ["${paths.tests}"], gate: red }
  - { id: IMPL, tools: [edit], write: ["${paths.tests}", "${paths.source}"], gate: [green, no_skipped_tests] }
  - { id: COMPLETE, tools: [read] }
`;
  const noSetup = preset === "vitest" ? text : text.replace(/^workspace:.*\n/m, "");
  const loaded = loadWorkflow({ file: "agent_workflow.yaml", text: noSetup, resolve: () => null });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return compileWorkflow(loaded.stored);
}
