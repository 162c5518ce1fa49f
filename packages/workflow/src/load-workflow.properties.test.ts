import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileWorkflow } from "./compile/compile-workflow.ts";
import { expandedYaml } from "./explain/expanded-yaml.ts";
import { loadWorkflow } from "./load-workflow.ts";
import type { StoredWorkflow } from "./model/normalized.ts";

type Members = Record<string, fc.Arbitrary<unknown>>;

const some = <Value>(values: readonly Value[], maxLength = 3): fc.Arbitrary<Value[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { maxLength });
const optional = (members: Members): fc.Arbitrary<Record<string, unknown>> => fc.record(members, { requiredKeys: [] });

const globs = ["src/**", "test/**", "a b/*.ts", "package.json", "**/*.test.*", "dir/"];
const checks = ["has_summary", "plan_has_acceptance_criteria", "tests_unchanged_since", "has_files_changed"];

const shortGate = fc.oneof(
  fc.constantFrom(...checks),
  some(checks),
  optional({
    has_summary: fc.constant(null),
    has_in_scope: fc.constant({ severity: "info", message: 'say `it`: # "now"' }),
    approval: fc.constant("orchestrator"),
    timeout_seconds: fc.integer({ min: 1, max: 99 }),
    red: fc.constant({ evidence: "self_reported" }),
  }),
);

const newerPhase = optional({
  name: fc.string({ minLength: 1, maxLength: 8 }),
  tools: some(["read", "edit", "run", "git_commit", "web_fetch"]),
  forbidden_tools: some(["bash", "grep"]),
  write: some([...globs, "$set", "package.json#/scripts"]),
  freeze: fc.oneof(some(globs), fc.record({ paths: some(globs), may_add: some(globs) })),
  artifacts: some(["plan", "review"]),
  gate: shortGate,
  timeout_seconds: fc.integer({ min: 1, max: 1000 }),
});

const gates = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("one", "two", "three"),
    blockers: some(checks).map((names) => names.map((check) => ({ check }))),
  }),
  { maxLength: 3, selector: ({ id }) => id },
);

const olderPhase = optional({
  allowed_tools: some(["read_files", "write_files", "search_codebase", "bash", "own_tool_of_fleet"]),
  tool_constraints: optional({
    write_files: optional({ allowed_patterns: some(globs), forbidden_patterns: some(globs) }),
    bash: optional({ allowed_commands: some(["npm test", "git"]), network: fc.constant("full") }),
  }),
  required_artifacts: some(["plan", "report"]).map((types) => types.map((type) => ({ type, schema: `${type}.json` }))),
  gates,
});

function workflowOf(phase: fc.Arbitrary<Record<string, unknown>>, top: Members): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .record({ phases: fc.array(phase, { minLength: 1, maxLength: 4 }), top: optional(top), jumps: fc.boolean() })
    .map(({ phases, top: members, jumps }) => {
      const named = phases.map((members, index) => ({ id: `P${index}`, ...members }));
      const from = named[0] as { gates?: { id: string }[] };
      const gate = from.gates?.[0]?.id;
      const transitions = jumps
        ? named.slice(1).map(({ id }, index) => ({ from: "P0", to: id, ...(gate && index === 0 ? { gate } : {}) }))
        : null;
      return { name: "generated", ...members, phases: named, ...(transitions ? { transitions } : {}) };
    });
}

const workflows = fc.oneof(
  workflowOf(newerPhase, {
    paths: fc.constant({ set: ["lib/**", "bin/*"] }),
    workspace: optional({ setup: fc.constant("npm ci"), scratch: some(globs), base: fc.constant("main") }),
    evidence: fc.constant({ tests: { preset: "vitest" }, coverage: { minimum: 70 } }),
    enforcement: optional({
      mode: fc.constantFrom("strict", "audit"),
      assurance: fc.constantFrom("hooked", "sandboxed"),
    }),
  }).map((workflow) => ({ paths: { set: ["lib/**"] }, ...workflow })),
  workflowOf(olderPhase, {
    schemas: fc.constant({ "plan.json": { type: "object", required: ["a"] }, "report.json": { type: "array" } }),
    coordination: fc.constant({ lease_seconds: 60 }),
    enforcement: fc.constant({ phase_tokens: { expiry_seconds: 60 } }),
  }).map((workflow) => ({ schemas: { "plan.json": {}, "report.json": {} }, ...workflow })),
);

function load(text: string): StoredWorkflow {
  const outcome = loadWorkflow({ file: "w.yaml", text, resolve: () => null });
  if (outcome.ok) return outcome.stored;
  throw new Error(outcome.diagnostics.map(({ place, message }) => `${place} ${message}`).join("\n"));
}

/** The same value with the keys of every map in reverse. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe("every workflow", () => {
  it("has the same digest in its expanded form", () => {
    fc.assert(
      fc.property(workflows, (workflow) => {
        const stored = load(JSON.stringify(workflow));
        const expanded = load(expandedYaml(stored));
        expect(expanded.normalized).toEqual(stored.normalized);
        expect(expanded.digest).toBe(stored.digest);
      }),
      { numRuns: 60 },
    );
  });

  it("has a digest that the order of keys does not change", () => {
    fc.assert(
      fc.property(workflows, (workflow) => {
        expect(load(JSON.stringify(reversed(workflow))).digest).toBe(load(JSON.stringify(workflow)).digest);
      }),
      { numRuns: 60 },
    );
  });

  it("compiles when it loads", () => {
    fc.assert(
      fc.property(workflows, (workflow) => {
        const stored = load(JSON.stringify(workflow));
        expect([...compileWorkflow(stored).phases.keys()]).toEqual(stored.normalized.phases.map(({ id }) => id));
      }),
      { numRuns: 30 },
    );
  });
});

describe("the loader answers", () => {
  const answers = (text: string): boolean => {
    const outcome = loadWorkflow({ file: "w.yaml", text, resolve: (path) => (path.length % 2 === 0 ? text : null) });
    return outcome.ok || outcome.diagnostics.some(({ severity }) => severity === "error");
  };

  it("whatever the text", () => {
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom(
        "name: x",
        "phases:",
        "  - id: A",
        "    gate: [red]",
        "extends: ../x",
        "&a [*a]",
        "? {",
        "---",
        "\t- x",
        "<<: *a",
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        expect(answers(lines.join("\n"))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("whatever is done to a good file", () => {
    const folder = join(import.meta.dirname, "../../../test/corpus/workflows/older");
    const good = readFileSync(join(folder, "agent_workflow.yaml"), "utf8");
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(200), fc.string({ maxLength: 4 }), (start, length, inserted) => {
        expect(answers(good.slice(0, start) + inserted + good.slice(start + length))).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it("for nesting that exhausts the parser", () => {
    expect(answers("[".repeat(20_000))).toBe(true);
    expect(answers("a: ".repeat(5_000))).toBe(true);
    expect(answers("- ".repeat(5_000))).toBe(true);
  });
});
