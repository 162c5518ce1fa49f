import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadWorkflow } from "./load-workflow.ts";

// Each case names in its first lines the errors that it must be refused with (`# expect: code line:column`, or
// `code file:line:column` for another file) and the other files that there are (`# with: path text`).
const folder = join(import.meta.dirname, "../../../test/corpus/bad-input/workflows");
const cases = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

describe("a bad workflow file is refused with every error at its place", () => {
  it.each(cases)("%s", (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const expected = [...text.matchAll(/^# expect: (.+)$/gmu)].map(([, line]) => line);
    const files = new Map([...text.matchAll(/^# with: (\S+) (.*)$/gmu)].map(([, path, content]) => [path, content]));
    const outcome = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: (path) => files.get(path) ?? null });
    if (outcome.ok) throw new Error("it loads");
    const errors = outcome.diagnostics.filter(({ severity }) => severity === "error");
    expect(errors.map(({ code, place }) => `${code} ${place.replace(/^agent_workflow\.yaml:/u, "")}`)).toEqual(
      expected,
    );
    expect(expected).not.toHaveLength(0);
  });

  it("covers every kind of mistake", () => {
    expect(cases.length).toBeGreaterThan(100);
  });
});

describe("the message about a name that nothing has gives the nearest known one", () => {
  it.each([
    ["phasez: []", "did you mean `phases`?"],
    ["phases: [{ id: A, allowed_tools: [write_filez] }]", "did you mean `write_files`?"],
    ["phases: [{ id: A, gate: tests_exists }]", "did you mean `tests_exist`?"],
    ["paths: { tests: [a] }\nphases: [{ id: A, write: [$test] }]", "did you mean `$tests`?"],
    ["phases: [{ id: PLAN }, { id: B }]\ntransitions: [{ from: PLAM, to: B }]", "did you mean `PLAN`?"],
    [
      "phases: [{ id: A, required_artifacts: [{ type: p, schema: paln.json }] }]\nschemas: { plan.json: {} }",
      "did you mean `plan.json`?",
    ],
    ["enforcement: { mode: strickt }\nphases: [{ id: A }]", "did you mean `strict`?"],
  ])("%s", (text, hint) => {
    const outcome = loadWorkflow({ file: "w.yaml", text: `name: x\n${text}\n`, resolve: () => null });
    expect(outcome.ok ? [] : outcome.diagnostics.map((diagnostic) => diagnostic.hint)).toContain(hint);
  });
});
