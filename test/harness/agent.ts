import type { Answer, Api } from "./api.ts";

/** An agent that holds a task: it carries the token from call to call, as any client must. */
export class Agent {
  readonly api: Api;
  readonly taskId: string;
  readonly workspace: string;
  token: string;
  phase: string;

  private constructor(api: Api, claim: Record<string, unknown>) {
    this.api = api;
    this.taskId = String((claim["task"] as Record<string, unknown>)["id"]);
    this.workspace = String((claim["workspace"] as Record<string, unknown>)["path"]);
    this.token = String(claim["phase_token"]);
    this.phase = String(claim["phase"]);
  }

  static async claim(api: Api, agentId: string, taskId?: string): Promise<Agent> {
    const answer = await api.post("/tasks/claim", { agent_id: agentId, ...(taskId ? { task_id: taskId } : {}) });
    if (answer.status !== 200) throw new Error(`no task was claimed: ${JSON.stringify(answer.body)}`);
    return new Agent(api, answer.body);
  }

  /** The holder that an answer of `/tasks/claim` made. */
  static of(api: Api, claim: Record<string, unknown>): Agent {
    return new Agent(api, claim);
  }

  execute(tool: string, args: Record<string, unknown>): Promise<Answer> {
    return this.api.post("/tools/execute", {
      task_id: this.taskId,
      phase_token: this.token,
      tool_name: tool,
      args,
    });
  }

  bash(command: string, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.execute("bash", { command, ...more });
  }

  async transition(target: string, artifacts: Record<string, unknown> = {}): Promise<Answer> {
    const answer = await this.api.post("/tasks/transition", {
      task_id: this.taskId,
      current_phase: this.phase,
      target_phase: target,
      phase_token: this.token,
      artifacts,
    });
    if (answer.status === 200 && answer.body["allowed"] === true) {
      this.phase = target;
      if (typeof answer.body["new_token"] === "string") this.token = answer.body["new_token"];
    }
    return answer;
  }

  complete(artifacts: Record<string, unknown> = {}): Promise<Answer> {
    return this.api.post(`/tasks/${this.taskId}/complete`, { phase_token: this.token, artifacts });
  }

  snapshot(): Promise<Answer> {
    return this.api.get("/state/snapshot", { "Phase-Token": this.token });
  }
}
