import { Agent } from "../../test/harness/agent.ts";
import type { Answered } from "../../test/harness/answered.ts";
import type { Answer, Api } from "../../test/harness/api.ts";

/** Calls on one task before it goes on to the next phase. */
const callsInPhase = 80;

export interface WorkerParts {
  readonly operator: Api;
  readonly approver: Api;
  /** Under this agent's own key. */
  readonly api: Api;
  readonly name: string;
  readonly answered: Answered;
}

/** One call of an agent's day, with the share that it has in all calls. */
const day: readonly (readonly [name: string, share: number])[] = [
  ["read", 30],
  ["authorize", 25],
  ["write", 15],
  ["snapshot", 14],
  ["grep", 4],
  ["audit", 6],
  ["recent", 3],
  ["bash", 1],
];
const shares = day.reduce((sum, [, share]) => sum + share, 0);

/**
 * An agent that works through task after task: claims, reads, writes, asks, looks, has its plan approved by a person,
 * leaves its work through a gate with evidence, and commits.
 */
export class SoakWorker {
  readonly #parts: WorkerParts;
  #agent: Agent | null = null;
  #calls = 0;
  #tasks = 0;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** The next call of its day: its name and the answer. What answers otherwise than it should is the caller's to judge. */
  async next(choice: number): Promise<{ name: string; answer: Answer }> {
    const agent = this.#agent;
    if (!agent) return { name: "claim", answer: await this.#claim() };
    this.#calls += 1;
    if (this.#calls >= callsInPhase) return await this.#move(agent);
    const name = this.#chosen(agent, choice);
    const answer = await this.#call(agent, name);
    this.#parts.answered.note(agent.taskId, answer.body);
    return { name, answer };
  }

  #chosen(agent: Agent, choice: number): string {
    let left = choice * shares;
    for (const [name, share] of day) {
      left -= share;
      if (left >= 0) continue;
      const isAllowed = agent.phase === "WORK" || (name === "write" ? agent.phase === "PLAN" : name !== "bash");
      return isAllowed ? name : "read";
    }
    return "read";
  }

  async #claim(): Promise<Answer> {
    const { operator, api, name } = this.#parts;
    this.#tasks += 1;
    const made = await operator.post("/tasks", { title: `Task ${this.#tasks} of ${name}` });
    if (made.status !== 201) return made;
    const task = String(made.body["id"]);
    const claimed = await api.post("/tasks/claim", { agent_id: name, task_id: task });
    if (claimed.status === 200) {
      this.#agent = Agent.of(api, claimed.body);
      this.#calls = 0;
    }
    return claimed;
  }

  #call(agent: Agent, name: string): Promise<Answer> {
    const { api } = this.#parts;
    const path = agent.phase === "PLAN" ? "docs/plan.md" : `src/${this.#calls % 7}.txt`;
    const content = `${agent.taskId} ${this.#calls}\n`.repeat(10);
    switch (name) {
      case "authorize":
        return api.post("/tools/authorize", {
          task_id: agent.taskId,
          phase_token: agent.token,
          tool_name: "write_files",
          args: { path, content },
        });
      case "write":
        return agent.execute("write_files", { path, content });
      case "snapshot":
        return agent.snapshot();
      case "grep":
        return agent.execute("grep", { pattern: "value", path: "src" });
      case "audit":
        return api.get(`/audit/query?task_id=${agent.taskId}&limit=20`);
      case "recent":
        return this.#parts.operator.get("/audit/recent?count=20");
      case "bash":
        return agent.bash("wc -c src/one-kilobyte.txt");
      default:
        return agent.execute("read_files", { path: "src/one-kilobyte.txt" });
    }
  }

  async #move(agent: Agent): Promise<{ name: string; answer: Answer }> {
    this.#calls = 0;
    if (agent.phase === "PLAN") return { name: "approved transition", answer: await this.#approved(agent) };
    if (agent.phase === "WORK") return { name: "evidence transition", answer: await agent.transition("DONE") };
    this.#agent = null;
    return { name: "complete", answer: await agent.complete() };
  }

  async #approved(agent: Agent): Promise<Answer> {
    const asked = await agent.transition("WORK");
    const approval = asked.body["approval"] as { readonly id: string } | undefined;
    if (!approval) return asked;
    const seen = await this.#parts.approver.get(`/approvals/${approval.id}`);
    const granted = await this.#parts.approver.post(`/approvals/${approval.id}/grant`, { digest: seen.body["digest"] });
    if (granted.status !== 200) return granted;
    return await agent.transition("WORK");
  }
}
