import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openMemoryLedger } from "@phasegate/ledger";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createIds } from "../ids.ts";
import { LedgerWorkflowRegistry } from "./workflow-registry.ts";

const flow = (name: string): string => `name: ${name}\nphases:\n  - { id: WORK, tools: [read, edit], write: ["**"] }\n`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "phasegate-workflows-"));
  const repository = path.join(directory, "first");
  for (const folder of [".git", "flows"]) mkdirSync(path.join(repository, folder), { recursive: true });
  writeFileSync(path.join(repository, "agent_workflow.yaml"), flow("main"));
  writeFileSync(path.join(repository, "flows", "other.yaml"), flow("other"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a repository that was moved is used, and its workflows are protected, where it stands now", async () => {
  const ledger = openMemoryLedger();
  const clock = { now: () => 0 };
  const open = async (name: string): Promise<LedgerWorkflowRegistry> => {
    const registry = new LedgerWorkflowRegistry({ ledger, clock, ids: createIds(clock) });
    const root = path.join(directory, name);
    await registry.open({ file: path.join(root, "agent_workflow.yaml"), dir: path.join(root, "flows") });
    return registry;
  };
  await open("first");
  renameSync(path.join(directory, "first"), path.join(directory, "second"));
  const registry = await open("second");
  const workflow = await registry.find("main");
  if (workflow === null) throw new Error("the workflow is not there");
  expect(registry.repositoryOf(workflow)).toBe(path.join(directory, "second"));
  expect(registry.defaultDigest).toBe(workflow.digest);
  const judged = workflow.phases.get("WORK")?.judgePath("flows/other.yaml");
  expect(judged).toMatchObject({ allowed: false, reason: { code: "path_protected" } });
});
