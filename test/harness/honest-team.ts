import assert from "node:assert/strict";
import { AgentClient, type TransitionResult } from "@phasegate/sdk";
import type { Api } from "./api.ts";
import type { TestServer } from "./server.ts";

/** The people and agents around one honest task. Every step asserts that it succeeded. */
export class HonestTeam {
  readonly #server: TestServer;
  readonly #person: Api;
  readonly #reviewer: Api;

  private constructor(server: TestServer, person: Api, reviewer: Api) {
    this.#server = server;
    this.#person = person;
    this.#reviewer = reviewer;
  }

  static async gather(server: TestServer): Promise<HonestTeam> {
    const person = await server.withKey("person", "grace", ["approver"]);
    return new HonestTeam(server, person, await server.withKey("agent", "rex", ["reviewer"]));
  }

  async newTask(title: string): Promise<string> {
    const created = await this.#server.operator.post("/tasks", { title });
    assert.equal(created.status, 201);
    return String(created.body["id"]);
  }

  /** A new agent under a key of its own, holding the task. */
  async claim(name: string, taskId: string): Promise<AgentClient> {
    const { key } = await this.#server.agent(name);
    const agent = new AgentClient({ url: this.#server.url, key, agentId: name, heartbeat: false });
    await agent.claimTask({ taskId });
    return agent;
  }

  /** Runs a command that must exit with 0 and, where named, change exactly these paths; answers what it printed. */
  async sh(agent: AgentClient, command: string, changedPaths?: readonly string[]): Promise<string> {
    const { result } = await agent.useTool("bash", { command });
    const printed = `${result.stdout}${result.stderr}`;
    assert.equal(result.exit_code, 0, `${command}\n${printed}`);
    if (changedPaths) assert.deepEqual(result.changed_paths, changedPaths);
    return printed;
  }

  /** The person reads what is asked for, and grants exactly that. */
  async approve(asked: TransitionResult): Promise<Record<string, unknown>> {
    if (asked.outcome !== "awaiting_approval" || !asked.approval) {
      throw new Error(`nothing is asked: ${JSON.stringify(asked)}`);
    }
    const seen = await this.#person.get(`/approvals/${asked.approval.id}`);
    const granted = await this.#person.post(`/approvals/${asked.approval.id}/grant`, { digest: seen.body["digest"] });
    assert.equal(granted.body["status"], "used");
    return seen.body;
  }

  /** A second principal reads the tree, and finds nothing. */
  async review(taskId: string): Promise<void> {
    for (const model of ["security", "quality"]) {
      const { body } = await this.#reviewer.get(`/reviews/${taskId}`);
      const posted = await this.#reviewer.post(`/reviews/${taskId}`, { model, verdict: "pass", tree: body["tree"] });
      assert.equal(posted.status, 201);
    }
  }
}
