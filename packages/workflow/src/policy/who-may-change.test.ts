import { describe, expect, test } from "vitest";
import { compileWorkflow } from "../compile/compile-workflow.ts";
import { loadWorkflow } from "../load-workflow.ts";
import type { CompiledPhase } from "../model/compiled.ts";

/** `first` is what the phase that comes before all freezes may write. */
function phases(first: string): (id: string) => CompiledPhase {
  const text = `name: x
paths: { tests: [test/**], rules: ["package.json#/scripts"] }
phases:
  - { id: PLAN, tools: [read, edit], write: [${first}] }
  - id: TDD
    tools: [read, edit]
    write: [$tests]
    freeze: [$tests, $rules]
  - { id: IMPL, tools: [read, edit], write: [src/**, test/**, package.json] }
`;
  const outcome = loadWorkflow({ file: "flow.yaml", text, resolve: () => null });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  const workflow = compileWorkflow(outcome.stored);
  return (id) => workflow.phases.get(id) ?? workflow.initialPhase;
}

const file = (content: string) =>
  ({ type: "file", permissions: 0o644, content, size: 1, path: "package.json" }) as const;
const change = { path: "package.json", kind: "modified", before: file("00"), after: file("11") } as const;
const contents = { "package.json": { before: '{"scripts":{}}', after: '{"scripts":{"lint":"eslint ."}}' } };
const putBack = "putting it back to its entry content with `restore_files` is always allowed";

function hintOf(verdict: ReturnType<CompiledPhase["judgePath"]>): string {
  return verdict.allowed ? "allowed" : (verdict.reason.hint ?? "");
}

describe("a place that a phase fixes and that no phase until then may write", () => {
  const phase = phases("plan.md");

  test("is changed by no phase, and the hint says who can", () => {
    expect(phase("TDD").freeze?.judgeChanges([change], contents)[0]?.reason.hint).toBe(
      "leave that as it was when `TDD` ended, other places may change; no phase may change it: ask who keeps the repository to change it in the base",
    );
  });

  test("is named where a hint leads to a phase that may change the rest of the file", () => {
    expect(hintOf(phase("TDD").judgePath("package.json"))).toBe(
      `change it in phase \`IMPL\`, but for \`#/scripts\`, fixed since phase \`TDD\`; ${putBack}`,
    );
  });

  test("is told of a phase behind it, not of the phase itself", () => {
    expect(phase("IMPL").fixedPlaces("package.json")).toEqual([{ phase: "TDD", place: "/scripts" }]);
    expect(phase("IMPL").fixedPlaces("src/a.ts")).toEqual([]);
    expect(phase("TDD").fixedPlaces("package.json")).toEqual([]);
  });
});

test.each([
  ["the file", "package.json"],
  ["that place", '"package.json#/scripts"'],
  ["a place in it", '"package.json#/scripts/lint"'],
])("where an earlier phase may write %s, the hint leads there", (_, first) => {
  expect(phases(first)("TDD").freeze?.judgeChanges([change], contents)[0]?.reason.hint).toBe(
    "leave that as it was when `TDD` ended, other places may change, or go back to `PLAN` by a rework transition",
  );
});

test("where an earlier phase may write another place of the file only, no phase may", () => {
  const hint = phases('"package.json#/version"')("TDD").freeze?.judgeChanges([change], contents)[0]?.reason.hint;
  expect(hint).toContain("no phase may change it");
});

test("a file that is fixed for a phase is no file to be changed there", () => {
  expect(hintOf(phases("plan.md")("PLAN").judgePath("test/a.ts"))).toBe(`change it in phase \`TDD\`; ${putBack}`);
});
