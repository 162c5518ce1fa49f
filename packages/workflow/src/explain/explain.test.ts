import { expect, it } from "vitest";
import { loadWorkflow } from "../load-workflow.ts";
import type { StoredWorkflow } from "../model/normalized.ts";
import { expandedJson } from "./expanded-json.ts";
import { expandedYaml } from "./expanded-yaml.ts";
import { explainPhase, explanationText } from "./explain-phase.ts";

const text = `name: x
paths: { tests: [test/**] }
phases:
  - { id: TDD, tools: [read, bash], write: [$tests], freeze: [$tests], gate: { tests_exist: { severity: warning } } }
  - { id: IMPL, tools: [edit], artifacts: [summary] }
`;

function stored(): StoredWorkflow {
  const outcome = loadWorkflow({ file: "flow.yaml", text, resolve: () => null });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return outcome.stored;
}

it("the explanation of a phase says what it allows and demands, each with its place", () => {
  const explanation = explainPhase(stored(), "TDD");
  if (!explanation) throw new Error("no phase TDD");
  const passesWhen = explanation.exits[0]?.gates[0]?.checks[0]?.passesWhen ?? "";
  expect(passesWhen).toContain("in the tree");
  expect(explanationText(explanation)).toBe(`TDD  (flow.yaml:4:11)
  tools: read_files, glob, grep, git_diff, bash  (flow.yaml:4:23)
  may change: test/**  (flow.yaml:4:44)
  commands: any  (flow.yaml:4:23)
  network: none; 120 s a command  (flow.yaml:4:23)
  fixed when left: test/**  (flow.yaml:4:62)
  on to IMPL  (flow.yaml:4:11)
    tests_exist [warning]: ${passesWhen}  (flow.yaml:4:80)
`);
});

it("there is no explanation of a phase that the workflow does not have", () => {
  expect(explainPhase(stored(), "NONE")).toBeNull();
});

it("each line of the long form says where it came from, or that it is a default", () => {
  const lines = expandedYaml(stored()).split("\n");
  expect(lines).toContain('      - "test/**"  # flow.yaml:2:18');
  expect(lines).toContain('      - "git_diff"  # flow.yaml:4:24');
  expect(lines).toContain('  mode: "strict"  # default');
  expect(lines).toContain('            severity: "warning"  # flow.yaml:4:105');
  expect(
    lines
      .filter((line) => line !== "" && !line.startsWith("#"))
      .every((line) => /  # (?:default|flow\.yaml:\d+:\d+)$/u.test(line)),
  ).toBe(true);
});

it("the long form as JSON has the keys of a file, and a place for what stands on a line of its own", () => {
  const { workflow, positions } = expandedJson(stored());
  expect(workflow).toMatchObject({ name: "x", phases: [{ id: "TDD", write: ["test/**"] }, { id: "IMPL" }] });
  expect(positions["/phases/0"]).toBe("flow.yaml:4:11");
  expect(positions["/phases/0/allowed_tools/4"]).toBe("flow.yaml:4:30");
  expect(positions["/workspace/test_patterns"]).toBe("default");
  const camel = [...Object.keys(positions), JSON.stringify(workflow)].filter((one) => /"[a-z]+[A-Z]\w*":/u.test(one));
  expect(camel).toEqual([]);
});
