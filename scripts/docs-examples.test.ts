import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileWorkflow, loadWorkflow, type StoredWorkflow } from "../packages/workflow/src/index.ts";
import { loadConfig } from "../packages/server/src/config/index.ts";
import { detectProject } from "../packages/cli/src/init/detect-project.ts";
import { workflowText } from "../packages/cli/src/init/workflow-text.ts";
import { root } from "./bootstrap/paths.mjs";

const pages = ["README.md", "docs/getting-started.md", "docs/workflow-spec.md"];

interface Example {
  readonly place: string;
  readonly kind: string;
  readonly text: string;
}

/** Every fenced block of YAML with its language line: `yaml` is a whole workflow, `yaml config` a configuration. */
const examples: readonly Example[] = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(yaml[^\n]*)\n(.*?)^```$/gms)].map((match) => ({
    place: `${page}:${text.slice(0, match.index).split("\n").length}`,
    kind: match[1] ?? "",
    text: match[2] ?? "",
  }));
});

test.each(examples.filter(({ kind }) => kind === "yaml"))("the workflow at $place loads", ({ text }) => {
  const loaded = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: () => null });
  expect(loaded.ok ? [] : loaded.diagnostics).toEqual([]);
});

test.each(examples.filter(({ kind }) => kind === "yaml config"))("the configuration at $place loads", ({ text }) => {
  const folder = mkdtempSync(join(tmpdir(), "phasegate-docs-"));
  writeFileSync(join(folder, "phasegate.yaml"), text);
  expect(loadConfig({ cwd: folder, env: { HOME: folder } }).warnings).toEqual([]);
});

test.each(["agent_workflow.yaml", "examples/sample-repo/agent_workflow.yaml"])("%s loads", (file) => {
  const text = readFileSync(join(root, file), "utf8");
  const loaded = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: () => null });
  expect(loaded.ok ? [...loaded.warnings] : loaded.diagnostics).toEqual([]);
});

test("every example is of a kind that is tried", () => {
  expect(examples.length).toBeGreaterThan(5);
  expect(examples.filter(({ kind }) => kind !== "yaml" && kind !== "yaml config")).toEqual([]);
});

/** What `phasegate init` writes for the repository of the README's five minutes. */
function initialised(): StoredWorkflow {
  const files = new Map([
    ["package.json", '{ "name": "shop", "type": "module", "scripts": { "test": "node --test" } }'],
    ["src/price.js", ""],
    ["test/price.test.js", ""],
  ]);
  const { project } = detectProject({ paths: [...files.keys()], read: (path) => files.get(path) ?? null });
  const text = workflowText({ fallbackName: "shop", project, branch: "main", preset: null });
  return stored(text);
}

function stored(text: string): StoredWorkflow {
  const loaded = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: () => null });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.stored;
}

test("the plan and the rule that the README prints are those of the file that init writes", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const plan: unknown = JSON.parse(/"artifacts": (\{.*?\})\}'/s.exec(readme)?.[1] ?? "null");
  const printed = readme.match(/"rule": "([^"]+)"/)?.[1];
  const phase = compileWorkflow(initialised()).phases.get("PLAN");
  const artifact = phase?.artifacts.find(({ type }) => type === "plan");
  expect(artifact?.validate((plan as { plan: never }).plan)).toEqual([]);
  expect(artifact?.validate({ summary: "Discount", acceptance_criteria: ["ten cost 8"] })).not.toEqual([]);
  expect(phase?.judgeTool("write_files")).toMatchObject({ allowed: false, reason: { rule: printed } });
});
