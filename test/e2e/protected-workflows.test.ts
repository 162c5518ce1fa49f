import { expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

const flow = (name: string): string => `
name: ${name}
phases:
  - id: WORK
    tools: [read, edit, run]
    write: ["**"]
    required_artifacts: [{ type: note, schema: ${name}.json }]
`;
const schema = '{ "type": "object" }';
const files = {
  "flows/open.yaml": flow("open"),
  "flows/open.json": schema,
  "flows/other.yaml": flow("other"),
  "flows/other.json": schema,
  "main.json": schema,
  "flows/readme.md": "flows of this repository\n",
};

test("no task changes a workflow file or schema of the configuration, whichever workflow it follows", async () => {
  const server = await TestServer.start({
    workflow: flow("main"),
    files,
    settings: { "workflow.dir": "flows" },
  });
  await using _ = { [Symbol.asyncDispose]: () => server.stop() };
  for (const workflow of ["main", "open"]) {
    const made = await server.operator.post("/tasks", { title: workflow, workflow });
    const api = await server.agent(`agent-of-${workflow}`);
    const claimed = await api.post("/tasks/claim", { agent_id: `agent-of-${workflow}`, task_id: made.body["id"] });
    const agent = Agent.of(api, claimed.body);
    for (const path of ["agent_workflow.yaml", "main.json", ...Object.keys(files).slice(0, 4), "FLOWS/Other.yaml"]) {
      expect(await agent.execute("write_files", { path, content: "x" })).toMatchObject({
        status: 403,
        body: { code: "path_protected" },
      });
    }
    const removed = await agent.bash("rm flows/other.yaml");
    expect(removed.body).toMatchObject({ code: "rolled_back" });
    expect(await agent.execute("write_files", { path: "flows/readme.md", content: "x" })).toMatchObject({
      status: 200,
    });
  }
});
