import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyLedger } from "@phasegate/ledger/verify";
import { Agent } from "./agent.ts";
import { Answered } from "./answered.ts";
import { Api } from "./api.ts";
import { startScript } from "./processes.ts";
import type { Started } from "./processes.ts";
import { makeRepository } from "./repository.ts";
import { operatorKey } from "./server.ts";

const workflow = `
name: crash
phases:
  - { id: ONE, tools: [read, edit, run], write: ["src/**"] }
  - { id: TWO, tools: [read, edit, run], write: ["src/**"] }
  - { id: DONE, tools: [read] }
`;
const agents = 6;

export interface CrashRounds {
  readonly rounds: number;
  /** Answers that named an event, over all rounds. */
  readonly answered: number;
  /** What was wrong after a restart; empty when every promise held. */
  readonly broken: readonly string[];
}

/**
 * Kills a server under load at random moments, starts it again, and looks whether every decision that it answered is
 * in the ledger, no call is left open, and the chain verifies.
 */
export async function crashServer(rounds: number, random: () => number): Promise<CrashRounds> {
  const directory = mkdtempSync(join(tmpdir(), "phasegate-crash-"));
  const repository = makeRepository(join(directory, "repository"), {
    "agent_workflow.yaml": workflow,
    "src/a.txt": "a\n",
  });
  const data = join(directory, "data");
  const start = (): Promise<Started> =>
    startScript(new URL("serve.ts", import.meta.url), [repository, data], {
      PHASEGATE_OPERATOR_KEY: operatorKey,
      HOME: directory,
    });
  const broken: string[] = [];
  let answered = 0;
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const events = await loadAndKill(await start(), 3 + Math.floor(random() * 40));
      answered += events.count;
      const server = await start();
      try {
        const operator = new Api(server.line, operatorKey);
        const wrong = [...(await events.lost(operator)), ...(await events.open(operator))];
        broken.push(...wrong.map((text) => `round ${round}: ${text}`));
      } finally {
        await server.stop();
      }
      const verdict = await verifyLedger({ file: join(data, "ledger.sqlite") });
      if (!verdict.ok) broken.push(`round ${round}: the ledger does not verify: ${JSON.stringify(verdict)}`);
      if (broken.length > 0) break;
    }
    return { rounds, answered, broken };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Works with several agents and kills the server after so many answers; returns all that it was told. */
async function loadAndKill(server: Started, afterAnswers: number): Promise<Answered> {
  const operator = new Api(server.line, operatorKey);
  const created = await operator.post("/keys", {
    name: `agent-${process.hrtime.bigint()}`,
    kind: "agent",
    roles: ["agent"],
  });
  const api = new Api(server.line, String(created.body["key"]));
  const events = new Answered();
  const ended = once(server.process, "exit");
  const work = async (name: string): Promise<void> => {
    await operator.post("/tasks", { title: name, priority: 9 });
    const agent = await Agent.claim(api, name);
    for (let step = 0; ; step += 1) {
      const answer = await oneStep(agent, step);
      events.note(agent.taskId, answer);
      // The others are in the middle of something at this moment: between and inside requests.
      if (events.count === afterAnswers) server.process.kill("SIGKILL");
      if (answer["allowed"] === true && agent.phase === "DONE") return;
    }
  };
  await Promise.allSettled(Array.from({ length: agents }, (_, index) => work(`worker-${index}`)));
  server.process.kill("SIGKILL");
  await ended;
  return events;
}

async function oneStep(agent: Agent, step: number): Promise<Record<string, unknown>> {
  if (step === 12) return (await agent.transition(agent.phase === "ONE" ? "TWO" : "DONE")).body;
  if (step === 24) return (await agent.transition("DONE")).body;
  if (step % 4 === 0) return (await agent.bash(`echo ${step} >> src/a.txt`)).body;
  if (step % 4 === 1) return (await agent.execute("read_files", { path: "src/a.txt" })).body;
  const call = { task_id: agent.taskId, phase_token: agent.token, tool_name: "write_files" };
  if (step % 4 === 2)
    return (await agent.api.post("/tools/authorize", { ...call, args: { path: "src/b.txt", content: "b" } })).body;
  return (await agent.execute("write_files", { path: "src/b.txt", content: `${step}\n` })).body;
}
