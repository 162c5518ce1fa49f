import type { DetectedProject } from "./project.ts";

export interface WorkflowTextOptions {
  /** Used where the project does not name itself. */
  readonly fallbackName: string;
  readonly project: DetectedProject | null;
  /** Globs of pages: the workflow is for these alone. */
  readonly pages?: readonly string[] | null;
  /** Null: tasks start from whatever branch is checked out. */
  readonly branch: string | null;
  /** `strict`: the bundled strict workflow, with what was found here. */
  readonly preset: "strict" | null;
}

/** What is written where nothing was found: to be filled in by the reader. */
const unknownProject: DetectedProject = {
  name: null,
  language: "unknown",
  runner: { preset: "exit-code", command: "make test", measuresCoverage: false },
  because: "nothing here was recognised",
  tests: ["test/**", "tests/**"],
  source: ["src/**"],
  rules: ["Makefile"],
  setup: null,
  setupAdvice: null,
};

/** The text of `agent_workflow.yaml` in its short form, with comments. It loads without errors and warnings. */
export function workflowText(options: WorkflowTextOptions): string {
  if (options.pages) return pagesText(options.fallbackName, options.branch, options.pages);
  const project = options.project ?? unknownProject;
  const lines = [
    ...headLines("TDD"),
    `name: ${plain(options.project?.name ?? options.fallbackName)}`,
    ...(options.preset === "strict" ? ["extends: phasegate/strict@2"] : []),
    ...workspaceLines(options.branch, project),
    ...pathLines(project),
    "evidence:",
    `  tests: ${runnerText(project, options.preset === "strict")}   # run by the server on the exact tree, without network`,
    ...(options.preset === "strict" ? strictLines(project) : phaseLines(project)),
    "",
  ];
  return lines.join("\n");
}

function headLines(phase: string): readonly string[] {
  return [
    `# How changes are made here. \`phasegate lint\` checks this file, \`phasegate explain phase ${phase}\` says what it means.`,
    "# Every key: docs/workflow-spec.md of Phasegate. Tasks take it from the base branch: commit it.",
  ];
}

function pagesText(name: string, branch: string | null, pages: readonly string[]): string {
  const lines = [
    ...headLines("WRITE"),
    `name: ${plain(name)}`,
    ...(branch === null ? [] : ["workspace:", `  base: ${plain(branch)}   # where tasks start from`]),
    "paths:   # named once, used as $name below",
    `  pages: ${list(pages)}`,
    "phases:",
    "  - { id: WRITE, tools: [read, edit, run], write: [$pages], gate: has_files_changed }",
    "  # A person looks at the difference and approves exactly that.",
    "  - { id: REVIEW, tools: [read], gate: { approval: human }, rework: [WRITE] }",
    "  - { id: COMPLETE, tools: [read, git_commit] }",
    "",
  ];
  return lines.join("\n");
}

function workspaceLines(branch: string | null, { setup, setupAdvice, language }: DetectedProject): readonly string[] {
  const advice =
    setupAdvice === null
      ? []
      : [
          `# Tests run without network, and no \`workspace.setup\` that makes ${language} dependencies was tried here. One way:`,
          `# ${setupAdvice}`,
        ];
  if (branch === null && setup === null) return advice;
  return [
    ...advice,
    "workspace:",
    ...(branch === null ? [] : [`  base: ${plain(branch)}   # where tasks start from`]),
    ...(setup === null
      ? []
      : [`  setup: ${plain(setup)}   # makes the dependencies, with network, once for each lock file`]),
  ];
}

function pathLines({ tests, source, rules }: DetectedProject): readonly string[] {
  return [
    "paths:   # named once, used as $name below",
    `  tests: ${list(tests)}`,
    `  source: ${list(source)}`,
    ...(rules.length === 0 ? [] : [`  rules: ${list(rules)}   # what decides how tests are run`]),
  ];
}

/** The strict preset asks for coverage, which these presets measure only with a package that is not there. */
const withoutCoverage: Partial<Record<DetectedProject["runner"]["preset"], string>> = {
  vitest: "npx vitest run --reporter=default --reporter=junit --outputFile.junit={report}",
  pytest: "python3 -m pytest --continue-on-collection-errors --junitxml={report}",
  unittest: "python3 -m unittest -v",
  go: "go test -json ./...",
  cargo: "cargo test --no-fail-fast",
};

function runnerText({ runner }: DetectedProject, isStrict: boolean): string {
  const unmeasured = isStrict && !runner.measuresCoverage ? withoutCoverage[runner.preset] : undefined;
  const command = runner.command ?? unmeasured;
  return command === undefined
    ? `{ preset: ${runner.preset} }`
    : `{ preset: ${runner.preset}, command: ${plain(command)} }`;
}

function phaseLines({ rules }: DetectedProject): readonly string[] {
  const frozen = rules.length === 0 ? "[$tests]" : "[$tests, $rules]";
  return [
    "phases:",
    "  # Say what will be done, and how one can tell. Nothing may be changed.",
    "  - { id: PLAN, tools: [read], artifacts: [{ type: plan, schema: plan }] }",
    "  # Tests first: at least one new test must fail. From then on they are fixed.",
    `  - { id: TDD, tools: [read, edit, run], write: [$tests], freeze: ${frozen}, gate: red }`,
    "  # Every test that failed must pass, and none may be lost. A test that is wrong is mended by going back.",
    "  - { id: IMPL, tools: [read, edit, run], write: [$source], gate: [green, no_skipped_tests] }",
    "  # A person looks at the difference and approves exactly that.",
    "  - { id: REVIEW, tools: [read], gate: { approval: human }, rework: [IMPL, TDD] }",
    "  - { id: COMPLETE, tools: [read, git_commit] }",
    ...schemaLines,
  ];
}

function strictLines({ rules, runner }: DetectedProject): readonly string[] {
  return [
    "phases:   # merged by id into those of phasegate/strict@2; `phasegate lint --expand` shows them all",
    "  - { id: PLAN, artifacts: [{ type: plan, schema: plan }] }",
    ...(rules.length === 0
      ? ['  - { id: TDD, freeze: { paths: [$tests], may_add: ["**/*.snap", "**/*.snapshot"] } }']
      : []),
    ...(runner.measuresCoverage ? [] : uncoveredLines(runner)),
    ...strictSchemaLines(),
  ];
}

/** Under the strict workflow, what is out of scope and constraints have to be said. */
const strictSchemaLines = (): readonly string[] =>
  schemaLines.map((line) =>
    /(?:out_of_scope|constraints): \{/.test(line)
      ? `${line.replace("type: array,", "type: array, minItems: 1,")}   # ["none"] where there is none`
      : line,
  );

function uncoveredLines({ preset }: DetectedProject["runner"]): readonly string[] {
  const tool = coverageTools[preset];
  const way =
    tool === undefined
      ? "let the test command write `{coverage}/lcov.info`, then take out the next line"
      : `measuring needs \`${tool}\`; with it installed, take out \`command\` above and the next line`;
  return [
    `  # \`coverage\` is not asked for yet: ${way}.`,
    "  - { id: IMPL, gate: [green, no_skipped_tests, base_tests] }",
  ];
}

const coverageTools: Partial<Record<DetectedProject["runner"]["preset"], string>> = {
  vitest: "@vitest/coverage-v8",
  pytest: "coverage",
  unittest: "coverage",
};

const schemaLines: readonly string[] = [
  "schemas:   # JSON Schema 2020-12",
  "  plan:",
  "    type: object",
  "    required: [summary, acceptance_criteria, in_scope, out_of_scope, constraints]",
  "    properties:",
  "      summary: { type: string, minLength: 1 }",
  "      acceptance_criteria: { type: array, minItems: 1, items: { type: string, minLength: 1 } }",
  "      in_scope: { type: array, minItems: 1, items: { type: string, minLength: 1 } }",
  "      out_of_scope: { type: array, items: { type: string, minLength: 1 } }",
  "      constraints: { type: array, items: { type: string, minLength: 1 } }",
];

function list(patterns: readonly string[]): string {
  return `[${patterns.map((pattern) => JSON.stringify(pattern)).join(", ")}]`;
}

/** A YAML scalar that reads back as this text. */
function plain(text: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9_./ -]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text);
  return isPlain && text.trim() === text ? text : JSON.stringify(text);
}
