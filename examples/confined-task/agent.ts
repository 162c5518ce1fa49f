/** What the server answered: a status and JSON. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Speaks plain HTTP, as any agent can. */
export class Agent {
  readonly #url: string;
  readonly #key: string;
  /** The handle on the current phase; every transition brings a new one. */
  token = "";
  taskId = "";

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  async call(method: "GET" | "POST", path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async claim(agentId: string): Promise<Answer> {
    const answer = await this.call("POST", "/tasks/claim", { agent_id: agentId });
    this.taskId = (answer.body["task"] as { id: string }).id;
    this.token = String(answer.body["phase_token"]);
    return answer;
  }

  tool(toolName: string, args: object, token = this.token): Promise<Answer> {
    const body = { task_id: this.taskId, phase_token: token, tool_name: toolName, args };
    return this.call("POST", "/tools/execute", body);
  }

  bash(command: string): Promise<Answer> {
    return this.tool("bash", { command });
  }

  async transition(from: string, to: string, artifacts: object = {}): Promise<Answer> {
    const answer = await this.call("POST", "/tasks/transition", {
      task_id: this.taskId,
      current_phase: from,
      target_phase: to,
      phase_token: this.token,
      artifacts,
    });
    if (typeof answer.body["new_token"] === "string") this.token = answer.body["new_token"];
    return answer;
  }
}
