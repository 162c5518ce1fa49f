import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digestBytes } from "@phasegate/wire";
import { describe, expect, it } from "vitest";
import { compileWorkflow } from "./compile/compile-workflow.ts";
import { loadWorkflow, type LoadWorkflowOutcome } from "./load-workflow.ts";
import type { NormalizedWorkflow } from "./model/normalized.ts";
import { presetText } from "./presets/bundled.ts";

const noFiles = (): null => null;

function load(text: string, files: Readonly<Record<string, string>> = {}): LoadWorkflowOutcome {
  const resolve = (path: string): string | null => files[path] ?? null;
  return loadWorkflow({ file: "agent_workflow.yaml", text, resolve });
}

function loaded(text: string, files: Readonly<Record<string, string>> = {}): NormalizedWorkflow {
  const outcome = load(text, files);
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ place, message }) => `${place} ${message}`).join("\n"));
  return outcome.stored.normalized;
}

function codes(outcome: LoadWorkflowOutcome): readonly string[] {
  return (outcome.ok ? outcome.warnings : outcome.diagnostics).map(({ code, place }) => `${code} ${place}`);
}

const exits = (workflow: NormalizedWorkflow): readonly string[] =>
  workflow.transitions.map(
    ({ from, to, kind, gates }) => `${from} ${kind} ${to ?? "end"} [${gates.map(({ id }) => id).join()}]`,
  );

/** The short form of docs and design, word for word. */
const shortForm = `name: checkout-service
extends: phasegate/strict@1                # bundled or a file in the repository; depth 3; maps merge, lists replace, phases merge by id
paths:                                     # named once, used as $name wherever a path list stands
  tests:  ["test/**", "**/*.test.*"]
  source: ["src/**", "package.json", "package-lock.json"]
  rules:  ["vitest.config.*", "package.json#/scripts"]     # JSON pointers into JSON, YAML, TOML
evidence:
  tests:    { preset: vitest }             # vitest, jest, node, pytest, unittest, go, cargo, tap, junit, exit-code
  coverage: { minimum: 80 }
phases:
  - { id: PLAN, tools: [read], artifacts: [plan], gate: { approval: human } }
  - { id: TDD,  tools: [read, edit, run], write: [$tests],  freeze: [$tests, $rules], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: [$source], gate: [green, coverage] }
  - { id: REVIEW, tools: [read], gate: { reviews: [security, quality], approval: human }, rework: [IMPL, TDD] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

describe("the short form", () => {
  it("of the documentation loads, and its gates are what their words mean", () => {
    expect(load(shortForm)).toMatchObject({ ok: true, warnings: [] });
    const workflow = loaded(shortForm);
    const forward = workflow.transitions.filter(({ kind }) => kind === "forward");
    expect(
      forward.flatMap(({ from, gates }) =>
        gates.flatMap(({ checks }) =>
          checks.map(({ check, parameters }) => `${from} ${check} ${JSON.stringify(parameters)}`),
        ),
      ),
    ).toEqual([
      'PLAN approval {"approvers":["human"],"approvals_required":1}',
      "TDD tests_are_failing {}",
      "IMPL all_tests_pass {}",
      'IMPL coverage_threshold_met {"threshold":80}',
      'REVIEW approval {"approvers":["human"],"approvals_required":1}',
      'REVIEW all_review_models_completed {"reviews":["security","quality"]}',
      "REVIEW no_blocking_issues {}",
    ]);
  });

  describe("that asks for coverage", () => {
    const evidenceOf = (text: string) => {
      const outcome = load(`name: x\nevidence: ${text}\nphases: [{ id: A }]\n`);
      if (!outcome.ok) throw new Error("it does not load");
      const { tests, coverage } = outcome.stored.normalized.evidence as Record<string, Record<string, unknown>>;
      return { command: tests?.["command"], coverage, warnings: outcome.warnings.map(({ message }) => message) };
    };

    it.each(["vitest", "jest", "node", "pytest", "unittest"])(
      "measures it with the preset %s, where the runner chose, and only then",
      (preset) => {
        const asked = evidenceOf(`{ tests: { preset: ${preset} }, coverage: { minimum: 80 } }`);
        expect(asked).toMatchObject({ command: expect.stringContaining("{coverage}"), warnings: [] });
        expect(asked.coverage).toMatchObject({ report: null, minimum: 80 });
        expect(evidenceOf(`{ tests: { preset: ${preset} } }`).command).not.toMatch(/coverage/);
      },
    );

    it("leaves a command of its own as it is, and reads the report that it names", () => {
      const own = "{ tests: { preset: vitest, command: npm test }, coverage: { minimum: 80 } }";
      expect(evidenceOf(own)).toEqual({
        command: "npm test",
        coverage: { format: "lcov", command: null, report: "coverage/lcov.info", minimum: 80 },
        warnings: [],
      });
      const placed = "{ tests: { command: make test }, coverage: { command: 'make lcov > {coverage}/lcov.info' } }";
      expect(evidenceOf(placed).coverage).toMatchObject({ report: null });
    });

    it("is warned of a preset that measures none", () => {
      expect(evidenceOf("{ tests: { preset: go }, coverage: {} }").warnings).toEqual([
        "preset `go` measures no coverage",
      ]);
      expect(evidenceOf("{ tests: { preset: go, command: ./test }, coverage: {} }").warnings).toEqual([]);
    });
  });

  it.each([
    ["phasegate/strict@1", "test/__snapshots__/price.test.ts.snap"],
    ["phasegate/strict@2", "test/__snapshots__/price.test.ts.snap"],
    ["phasegate/strict@2", "test/price.test.js.snapshot"],
  ])("of the preset %s lets the test runner write new snapshots while the tests are frozen: %s", (preset, snapshot) => {
    const outcome = load(`name: x\nextends: ${preset}\n`);
    if (!outcome.ok) throw new Error("it does not load");
    const phases = compileWorkflow(outcome.stored).phases;
    expect(phases.get("IMPL")?.judgePath(snapshot)).toEqual({ allowed: true });
    expect(phases.get("TDD")?.freeze?.judgePath(snapshot, false)).toEqual({ allowed: true });
    expect(phases.get("TDD")?.freeze?.judgePath(snapshot, true)).toMatchObject({ allowed: false });
  });

  it("writes out groups, sets, defaults and the ways between phases", () => {
    const workflow = loaded(`name: x
paths: { tests: [test/**], rules: ["package.json#/scripts"] }
phases:
  - { id: PLAN, tools: [read], artifacts: [plan], gate: plan_has_acceptance_criteria }
  - { id: TDD, tools: [read, edit, run], forbidden_tools: [bash], write: [$tests], freeze: [$tests, $rules] }
  - { id: DONE, tools: [git_commit], gate: has_summary, rework: none }
`);
    expect(workflow.phases.map(({ allowedTools }) => allowedTools.join(" "))).toEqual([
      "read_files glob grep git_diff",
      "read_files glob grep git_diff write_files edit_files restore_files run_tests",
      "git_commit",
    ]);
    expect(workflow.phases[1]?.write.allowed).toEqual([{ glob: "test/**", pointer: null }]);
    expect(workflow.phases[1]?.freeze?.paths).toEqual([
      { glob: "test/**", pointer: null },
      { glob: "package.json", pointer: "/scripts" },
    ]);
    expect(exits(workflow)).toEqual([
      "PLAN forward TDD [plan_gate]",
      "TDD forward DONE []",
      "TDD rework PLAN []",
      "DONE forward end [done_gate]",
    ]);
    expect(workflow).toMatchObject({
      older: false,
      mode: "strict",
      assurance: "mediated",
      protected: ["agent_workflow.yaml"],
    });
  });

  it("lets a phase that lists nothing change nothing", () => {
    const workflow = loaded("name: x\nphases: [{ id: A, tools: [read, edit, run] }]\n");
    expect(workflow.phases[0]?.write).toEqual({ allowed: [], forbidden: [] });
  });

  it("merges a preset by phase id, keeps its order, and puts a new phase after its neighbour", () => {
    const workflow = loaded(`name: x
extends: phasegate/confined@1
phases:
  - { id: TDD, write: [spec/**] }
  - { id: DOCS, tools: [read, edit], write: [docs/**] }
  - { id: IMPL, allowed_tools: [read_files] }
`);
    expect(workflow.phases.map(({ id }) => id)).toEqual(["PLAN", "TDD", "DOCS", "IMPL", "REVIEW", "COMPLETE"]);
    expect(workflow.phases[1]?.write.allowed).toEqual([{ glob: "spec/**", pointer: null }]);
    expect(workflow.phases[1]?.allowedTools).toContain("write_files");
    expect(workflow.phases[3]?.allowedTools).toEqual(["read_files"]);
  });

  it("protects the files that it was made of, as the repository names them", () => {
    const resolve = (path: string): string | null =>
      ({
        "flows/base.yaml": "name: base\nphases: [{ id: A, required_artifacts: [{ type: p, schema: p.json }] }]",
        "flows/p.json": "{}",
      })[path] ?? null;
    const outcome = loadWorkflow({
      file: "flows/main.yaml",
      text: "name: x\nextends: base.yaml\nworkspace: { repository: .. }\n",
      resolve,
    });
    expect(outcome.ok && outcome.stored.normalized.protected).toEqual([
      "flows/base.yaml",
      "flows/main.yaml",
      "flows/p.json",
    ]);
  });

  it.each([
    ["phasegate/confined@1", "c750eee3b92a969b0118f52ead68df15e9df94fac8e3edb736a9ddfc7a365ed5"],
    ["phasegate/strict@1", "d576b9ebf65738dc1fa60a01c19121f35a7541318368db3fa5cd0aab80a8779e"],
    ["phasegate/strict@2", "0a6dd13106cd81c97e11f207ce1474175edbe4077b5ef844948229c25eee423b"],
  ])("loads the bundled workflow %s, whose text never changes", (preset, digest) => {
    expect(load(`name: x\nextends: ${preset}\n`)).toMatchObject({ ok: true, warnings: [] });
    expect(digestBytes(presetText(preset) ?? "")).toBe(`sha256:${digest}`);
  });

  it("takes the agent's word only where the check says so, and warns", () => {
    const outcome = load("name: x\nworkspace: {}\nphases: [{ id: A, gate: { red: { evidence: self_reported } } }]\n");
    expect(codes(outcome)).toEqual(["self-reported agent_workflow.yaml:3:44"]);
    expect(outcome.ok && outcome.stored.normalized.transitions[0]?.gates[0]?.checks[0]).toMatchObject({
      check: "tests_are_failing",
      severity: "blocking",
      selfReported: true,
    });
  });
});

describe("an older file", () => {
  const folder = join(import.meta.dirname, "../../../test/corpus/workflows/older");
  const older = loadWorkflow({
    file: "agent_workflow.yaml",
    text: readFileSync(join(folder, "agent_workflow.yaml"), "utf8"),
    resolve: (path) => (existsSync(join(folder, path)) ? readFileSync(join(folder, path), "utf8") : null),
  });
  if (!older.ok) throw new Error(JSON.stringify(older.diagnostics, null, 1));
  const { normalized } = older.stored;

  it("loads whole, with a warning for each key without effect and each gate without a person", () => {
    expect(older.warnings.map(({ code, place }) => `${code} ${place.slice("agent_workflow.yaml:".length)}`)).toEqual([
      "automatic-approval 39:30",
      "no-effect 124:21",
      "automatic-approval 124:37",
      "no-effect 150:42",
      "no-effect 161:3",
      "no-effect 167:5",
      "no-effect 168:5",
      "no-effect 170:5",
      "no-effect 175:5",
      "no-effect 179:5",
      "no-effect 180:5",
      "no-effect 181:5",
      "no-effect 182:3",
      "no-effect 186:3",
      "no-effect 224:3",
      "no-effect 225:3",
      "no-effect 226:3",
      "no-effect 230:35",
      "no-effect 230:51",
      "no-effect 231:3",
    ]);
  });

  it("keeps exactly its transitions, with the gate that each names", () => {
    expect(exits(normalized)).toEqual([
      "PLAN forward TDD [plan_approval]",
      "TDD forward IMPL [tests_written]",
      "IMPL forward REVIEW [tests_passing]",
      "REVIEW forward COMPLETE [review_approved]",
      "COMPLETE forward end []",
    ]);
    expect(normalized.transitions[3]?.triggers).toEqual([
      { action: "update_prd_state", params: { status: "completed" } },
      { action: "notify_orchestrator", params: { event: "task_completed" } },
    ]);
  });

  it("takes facts without a source from artifacts, and judgements as warnings", () => {
    const checks = normalized.transitions.flatMap(({ gates }) => gates.flatMap((gate) => gate.checks));
    const selfReported = checks
      .filter((check) => check.selfReported)
      .map(({ check, severity }) => `${check} ${severity}`);
    expect(selfReported).toEqual([
      "tests_are_failing blocking",
      "tests_are_meaningful warning",
      "all_tests_pass blocking",
      "no_skipped_tests blocking",
      "coverage_threshold_met warning",
      "no_blocking_issues blocking",
      "all_review_models_completed blocking",
      "review_comments_addressed warning",
    ]);
    expect(checks.find(({ check }) => check === "all_review_models_completed")?.parameters).toEqual({
      reviews: ["security", "quality"],
    });
    const matchesPlan = normalized.phases[2]?.artifacts[0]?.validation[1];
    expect(matchesPlan).toMatchObject({ check: "matches_plan", severity: "warning", selfReported: true });
  });

  it("maps tool_constraints to the write set", () => {
    expect(normalized.phases.map(({ write }) => [write.allowed.length, write.forbidden.length])).toEqual([
      [0, 0],
      [5, 2],
      [1, 4],
      [0, 0],
      [0, 0],
    ]);
    expect(normalized.phases[2]?.write.allowed).toEqual([{ glob: "**", pointer: null }]);
  });

  it("finds schemas inline by base name and in schemas_dir, and protects those that are files", () => {
    expect(normalized.phases[0]?.artifacts[0]?.schema).toMatchObject({ properties: { title: { minLength: 10 } } });
    expect(normalized.phases[1]?.artifacts[0]?.schema).toMatchObject({ required: ["test_files", "coverage"] });
    expect(normalized.protected).toEqual([
      ".orchestrator/schemas/completion.json",
      ".orchestrator/schemas/implementation.json",
      ".orchestrator/schemas/review.json",
      ".orchestrator/schemas/tests.json",
      "agent_workflow.yaml",
    ]);
  });

  it("maps mode, token life and gate timeouts", () => {
    expect(normalized).toMatchObject({ older: true, mode: "strict", tokens: { expirySeconds: 7200 } });
    expect(normalized.transitions[0]?.gates[0]).toMatchObject({ timeoutSeconds: 3600, onTimeout: "escalate" });
  });

  it("may write anywhere in a phase that lists write_files without constraints, and says so", () => {
    const outcome = load("name: x\nphases: [{ id: A, allowed_tools: [read_files, write_files] }]\n");
    expect(codes(outcome)).toEqual(["writes-anywhere agent_workflow.yaml:2:34"]);
    expect(outcome.ok && outcome.stored.normalized.phases[0]?.write.allowed).toEqual([{ glob: "**", pointer: null }]);
  });

  it("may list tools of its own, which have no executor", () => {
    const outcome = load("name: x\nphases: [{ id: A, allowed_tools: [deploy_to_the_moon] }]\n");
    expect(codes(outcome)).toEqual(["tool-not-available agent_workflow.yaml:2:35"]);
    expect(outcome.ok && outcome.stored.normalized.phases[0]?.allowedTools).toEqual(["deploy_to_the_moon"]);
  });

  it("may forbid a tool that nobody knows", () => {
    const outcome = load("name: x\nphases: [{ id: A, forbidden_tools: [deploy_to_the_moon] }]\n");
    expect(codes(outcome)).toEqual([]);
    expect(outcome.ok && outcome.stored.normalized.phases[0]?.forbiddenTools).toEqual(["deploy_to_the_moon"]);
  });

  it("without approvers is approved by the orchestrator, with a warning", () => {
    const outcome = load("name: x\nphases: [{ id: A, gates: [{ id: g, type: approval }] }]\n");
    expect(codes(outcome)).toEqual(["no-approver agent_workflow.yaml:2:42"]);
    expect(outcome.ok && outcome.stored.normalized.transitions[0]?.gates[0]?.checks[0]?.parameters).toEqual({
      approvers: ["orchestrator"],
      approvals_required: 1,
    });
  });

  it("reads `audit` as advisory and escalate_to_human as escalate", () => {
    const workflow = loaded(`name: x
phases: [{ id: A }, { id: B }]
transitions: [{ from: A, to: B, triggers: [{ action: escalate_to_human }] }]
enforcement: { mode: audit, tool_enforcement: { violation_action: log, enabled: false } }
`);
    expect(workflow.mode).toBe("advisory");
    expect(workflow.transitions[0]?.triggers).toEqual([{ action: "escalate", params: {} }]);
  });
});

describe("explicit transitions", () => {
  const phases = `phases:
  - { id: A, gates: [{ id: one }, { id: two }, { id: three }] }
  - { id: B }
  - { id: C }
`;

  it("cannot be chosen so that a gate is skipped", () => {
    const all = loaded(
      `name: x\n${phases}transitions: [{ from: A, to: B }, { from: A, to: C, gate: one }, { from: B, to: C }]\n`,
    );
    expect(exits(all)).toEqual([
      "A forward B [one,two,three]",
      "A forward C [one,two,three]",
      "B forward C []",
      "C forward end []",
    ]);
    const named = loaded(
      `name: x\n${phases}transitions: [{ from: A, to: B, gate: two }, { from: A, to: C, gate: one }]\n`,
    );
    expect(exits(named).slice(0, 2)).toEqual(["A forward B [two,three]", "A forward C [one,three]"]);
  });

  it("that lead back are rework, carry no gate unless they name one, and free no forward transition of it", () => {
    const workflow = loaded(`name: x
phases:
  - { id: A }
  - { id: B, gates: [{ id: one }, { id: two }] }
  - { id: C }
transitions: [{ from: A, to: B }, { from: B, to: A, gate: one }, { from: B, to: C, gate: two }]
`);
    expect(exits(workflow)).toEqual([
      "A forward B []",
      "B rework A [one]",
      "B forward C [one,two]",
      "C forward end []",
    ]);
  });
});

describe("other files", () => {
  const artifact =
    "name: x\nphases: [{ id: A, required_artifacts: [{ type: p, schema: s/p.json }] }]\nschemas_dir: d\n";
  const schemaOf = (files: Readonly<Record<string, string>>, inline = ""): unknown =>
    loaded(`${artifact}${inline}`, files).phases[0]?.artifacts[0]?.schema;

  it("resolve schemas beside the file, inline by path, inline by name, in schemas_dir by path, by name", () => {
    const files = { "s/p.json": '{"title":"1"}', "d/s/p.json": '{"title":"4"}', "d/p.json": '{"title":"5"}' };
    const inline = "schemas: { s/p.json: { title: '2' }, p.json: { title: '3' } }\n";
    expect(schemaOf(files, inline)).toEqual({ title: "1" });
    expect(schemaOf({}, inline)).toEqual({ title: "2" });
    expect(schemaOf({}, "schemas: { p.json: { title: '3' } }\n")).toEqual({ title: "3" });
    expect(schemaOf({ "d/s/p.json": files["d/s/p.json"], "d/p.json": files["d/p.json"] })).toEqual({ title: "4" });
    expect(schemaOf({ "d/p.json": files["d/p.json"] })).toEqual({ title: "5" });
  });

  it("change the digest when a schema's content changes, not when its place does", () => {
    const digest = (files: Readonly<Record<string, string>>): unknown => {
      const outcome = load(artifact, files);
      return outcome.ok && outcome.stored.digest;
    };
    const before = digest({ "s/p.json": '{"type":"object"}' });
    expect(digest({ "s/p.json": '\n\n{ "type": "object" }' })).toBe(before);
    expect(digest({ "s/p.json": '{"type":"array"}' })).not.toBe(before);
  });
});

it("a version is what the file says, whatever number that would be", () => {
  expect(loaded("name: x\nversion: 1.10\nphases: [{ id: A }]\n").version).toBe("1.10");
  expect(loaded("name: x\nversion: '1.10'\nphases: [{ id: A }]\n").version).toBe("1.10");
});

it("a place is recorded for each rule that can deny", () => {
  const outcome = loadWorkflow({
    file: "w.yaml",
    text: `name: x
phases:
  - id: A
    allowed_tools: [bash]
    forbidden_tools: [write_files]
    tool_constraints:
      bash:
        allowed_commands:
          - npm test
        forbidden_commands: [git]
      write_files: { allowed_patterns: [test/**], forbidden_patterns: [src/**] }
`,
    resolve: noFiles,
  });
  if (!outcome.ok) throw new Error("does not load");
  expect(outcome.stored.positions).toMatchObject({
    "/phases/0": "w.yaml:3:9",
    "/phases/0/allowedTools/0": "w.yaml:4:21",
    "/phases/0/forbiddenTools/0": "w.yaml:5:23",
    "/phases/0/bash/allowedCommands/0": "w.yaml:9:13",
    "/phases/0/bash/forbiddenCommands/0": "w.yaml:10:30",
    "/phases/0/write/allowed/0": "w.yaml:11:41",
    "/phases/0/write/forbidden/0": "w.yaml:11:72",
  });
});
