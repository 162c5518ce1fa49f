import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadWorkflow } from "../packages/workflow/src/index.ts";
import { loadConfig } from "../packages/server/src/config/index.ts";
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
