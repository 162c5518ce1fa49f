import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "../test/harness/agent.ts";
import { Api } from "../test/harness/api.ts";
import { makeRepository } from "../test/harness/repository.ts";
import { startScript } from "../test/harness/processes.ts";
import type { Started } from "../test/harness/processes.ts";

export const benchOperatorKey = "operator-key-of-the-bench-with-more-than-32-characters";

export const benchWorkflow = `
name: bench
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**", "test/**"] }
  - { id: DONE, tools: [] }
`;

const files = { "src/one-kilobyte.txt": `${"x".repeat(63)}\n`.repeat(16) };

export interface BenchServer {
  readonly api: Api;
  readonly directory: string;
  readonly started: Started;
  stop(): Promise<void>;
}

/** The product in a process of its own, over a small repository; `prepare` may fill its data directory first. */
export async function startProduct(
  prepare: (dataDirectory: string, repository: string) => Promise<void> = () => Promise.resolve(),
  base: { readonly workflow: string; readonly files: Readonly<Record<string, string>> } = {
    workflow: benchWorkflow,
    files,
  },
): Promise<BenchServer> {
  const directory = mkdtempSync(join(tmpdir(), "phasegate-bench-"));
  const repository = makeRepository(join(directory, "repository"), {
    ...base.files,
    "agent_workflow.yaml": base.workflow,
  });
  await prepare(join(directory, "data"), repository);
  const started = await startScript(
    new URL("../test/harness/serve.ts", import.meta.url),
    [repository, join(directory, "data")],
    {
      PHASEGATE_OPERATOR_KEY: benchOperatorKey,
      HOME: directory,
    },
  );
  return {
    api: new Api(started.line, benchOperatorKey),
    directory,
    started,
    stop: async () => {
      await started.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Agents that each hold a task, under one key. */
export async function holdTasks(server: BenchServer, count: number): Promise<{ key: string; agents: Agent[] }> {
  const created = await server.api.post("/keys", { name: "bench-agent", kind: "agent", roles: ["agent"] });
  const key = String(created.body["key"]);
  const agents: Agent[] = [];
  for (let index = 0; index < count; index += 1) {
    await server.api.post("/tasks", { title: `Task ${index}` });
    agents.push(await Agent.claim(new Api(server.api.url, key), `agent-${index}`));
  }
  return { key, agents };
}
