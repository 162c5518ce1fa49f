import { compileWorkflow, loadWorkflow } from "@phasegate/workflow";
import { expect, test } from "vitest";
import { noNetworkWarnings } from "./no-network.ts";

const text = `name: shop
phases:
  - { id: PLAN, tools: [bash] }
  - { id: IMPL, tools: [bash], tool_constraints: { bash: { network: full } } }
  - { id: DONE, tools: [read] }
`;
const loaded = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: () => null });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
const workflow = compileWorkflow(loaded.stored);

test.each([
  ["pip", { stderr: "ERROR: Could not find a version that satisfies the requirement black (from versions: none)\n" }],
  ["npm in a pipe", { exit_code: 0, stdout: "npm error code ENOTCACHED\nnpm error request failed\n" }],
  ["cargo", { stderr: "  attempting to make an HTTP request, but --offline was specified\n" }],
  ["curl", { stderr: "curl: (6) Could not resolve host: example.com\n" }],
])("who looks for the network with %s, where the phase has none, is told so", (_, result) => {
  expect(noNetworkWarnings(result, workflow, "PLAN")).toEqual([
    "commands of this phase have no network; what tests need is installed by `workspace.setup`, which is for who keeps the workflow",
  ]);
  expect(noNetworkWarnings(result, workflow, "IMPL")).toEqual([]);
});

test("nothing is said of other output", () => {
  expect(
    noNetworkWarnings({ exit_code: 1, stderr: "ERROR: no tests\n", stdout: "see npm code\n" }, workflow, "PLAN"),
  ).toEqual([]);
  expect(noNetworkWarnings(null, workflow, "PLAN")).toEqual([]);
});
