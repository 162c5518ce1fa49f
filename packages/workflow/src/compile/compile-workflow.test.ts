import { describe, expect, it } from "vitest";
import { loadWorkflow } from "../load-workflow.ts";
import type { CompiledPhase, CompiledWorkflow } from "../model/compiled.ts";
import { compileWorkflow } from "./compile-workflow.ts";

const text = `name: x
paths: { tests: [test/**], rules: ["package.json#/scripts"] }
phases:
  - id: TDD
    tools: [read, edit, bash]
    write: [$tests]
    freeze: { paths: [$tests, $rules], may_add: ["**/*.snap"] }
    tool_constraints:
      bash: { allowed_commands: [npm test], forbidden_commands: [git], network: full, timeout_seconds: 9 }
    artifacts:
      - type: plan
        schema: plan.json
        validation: [{ rule: has_summary, severity: warning, message: say more }]
    gate: tests_exist
  - id: IMPL
    allowed_tools: [read_files, bash]
    forbidden_tools: [write_files]
    gate: has_files_changed
schemas:
  plan.json: { type: object, required: [summary] }
`;

function compiled(): CompiledWorkflow {
  const outcome = loadWorkflow({ file: "flow.yaml", text, resolve: () => null });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return compileWorkflow(outcome.stored);
}

function phase(id: string): CompiledPhase {
  const found = compiled().phases.get(id);
  if (!found) throw new Error(`no phase ${id}`);
  return found;
}

describe("a compiled workflow", () => {
  it("denies a tool that is not listed, at the list; a forbidden one, at its entry", () => {
    expect(phase("IMPL").judgeTool("read_files")).toEqual({ allowed: true });
    expect(phase("IMPL").judgeTool("glob")).toMatchObject({
      reason: {
        code: "tool_not_allowed",
        message: "Tool 'glob' not allowed in phase 'IMPL'. Allowed tools: read_files, bash",
        rule: "flow.yaml:16:20",
      },
    });
    expect(phase("IMPL").judgeTool("write_files")).toMatchObject({ reason: { rule: "flow.yaml:17:23" } });
  });

  it("judges a tool under its canonical name", () => {
    expect(phase("TDD").judgeTool("search_codebase")).toEqual({ allowed: true });
  });

  it("denies a path outside the write set, at the write set, and protected paths whatever it says", () => {
    expect(phase("TDD").judgePath("test/a.test.ts")).toEqual({ allowed: true });
    expect(phase("TDD").judgePath("src/a.ts")).toMatchObject({
      reason: { code: "path_not_allowed", rule: "flow.yaml:6:12" },
    });
    expect(phase("TDD").judgePath("flow.yaml")).toMatchObject({ reason: { code: "path_protected" } });
    expect(phase("TDD").judgePath(".git/config")).toMatchObject({ reason: { code: "path_protected" } });
  });

  it("denies commands at their list", () => {
    expect(phase("TDD").judgeCommand("npm test")).toEqual({ allowed: true });
    expect(phase("TDD").judgeCommand("make")).toMatchObject({
      reason: { code: "command_not_allowed", rule: "flow.yaml:9:33" },
    });
    expect(phase("TDD").judgeCommand("git push")).toMatchObject({ reason: { rule: "flow.yaml:9:66" } });
    expect(phase("TDD").bash).toEqual({ network: "full", timeoutSeconds: 9 });
  });

  it("fixes what the phase froze, and lets new files come where it says so", () => {
    const { freeze } = phase("TDD");
    expect(freeze?.judgePath("test/a.test.ts", true)).toMatchObject({
      allowed: false,
      reason: { rule: "flow.yaml:7:13" },
    });
    expect(freeze?.judgePath("test/a.snap", false)).toEqual({ allowed: true });
  });

  it("validates artifacts by their schema and carries the checks on them", () => {
    const [plan] = phase("TDD").artifacts;
    expect(plan?.validate({})).toEqual([{ place: "", message: "`summary` is missing" }]);
    expect(plan?.validate({ summary: "x" })).toEqual([]);
    expect(
      plan?.validation.map(({ definition, severity, message, rule }) => [definition.name, severity, message, rule]),
    ).toEqual([["has_summary", "warning", "say more", "flow.yaml:13:30"]]);
  });

  it("knows the first and the last phase and the ways between them", () => {
    const workflow = compiled();
    expect([workflow.initialPhase.id, workflow.lastPhase.id, workflow.lastPhase.isLast]).toEqual(["TDD", "IMPL", true]);
    const exits = (id: string): unknown =>
      phase(id).exits.map(({ to, kind, gates, rule }) => [
        to,
        kind,
        gates.flatMap((gate) => gate.checks.map((check) => check.definition.name)),
        rule,
      ]);
    expect(exits("TDD")).toEqual([["IMPL", "forward", ["tests_exist"], "flow.yaml:4:9"]]);
    expect(exits("IMPL")).toEqual([
      ["TDD", "rework", [], "flow.yaml:15:9"],
      [null, "forward", ["has_files_changed"], "flow.yaml:15:9"],
    ]);
  });

  it("tells test files, scratch and what may belong to the tree by the defaults", () => {
    const workflow = compiled();
    expect(["test/a.ts", "src/a.test.ts", "lib/test_a.py"].map((path) => workflow.isTestFile(path))).toEqual([
      true,
      true,
      true,
    ]);
    expect(["src/a.ts", "contest/a.ts"].map((path) => workflow.isTestFile(path))).toEqual([false, false]);
    expect(["coverage/lcov.info", "a/__pycache__/b.pyc"].map((path) => workflow.isScratch(path))).toEqual([true, true]);
    expect(["src/coverage/a.ts", "src/a.ts"].map((path) => workflow.isScratch(path))).toEqual([false, false]);
    expect(["test/new.ts", "notes.txt"].map((path) => workflow.mayBelongToTree(path))).toEqual([true, false]);
  });
});
