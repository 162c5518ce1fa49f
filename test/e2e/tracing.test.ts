import { AgentClient } from "@phasegate/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OtlpReceiver } from "../harness/otlp-receiver.ts";
import { operatorKey, TestServer } from "../harness/server.ts";

const workflow = `
name: traced
phases:
  - id: WRITE
    tools: [read, edit, run]
    write: ["src/**"]
    gate: [{ command: { run: "test -f src/b.txt" } }]
  - { id: COMPLETE, tools: [read, git_commit] }
`;
const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerSpan = "b7ad6b7169203331";
const secret = "sk-this-is-what-the-agent-wrote";

let receiver: OtlpReceiver;
let server: TestServer;

beforeAll(async () => {
  receiver = new OtlpReceiver();
  server = await TestServer.start({
    workflow,
    files: { "src/a.txt": "text\n" },
    settings: { "telemetry.otlp_endpoint": await receiver.listen() },
  });
});
afterAll(async () => {
  await server.stop();
  await receiver.close();
});

test("one trace spans the SDK, the server, a tool and the evidence that a job gathers, and holds no secret", async () => {
  await server.operator.post("/tasks", { title: "Write a file" });
  const { key } = await server.agent("ada");
  const traceparent = `00-${traceId}-${callerSpan}-01`;
  const client = new AgentClient({
    url: server.url,
    key,
    agentId: "ada",
    heartbeat: false,
    traceparent: () => traceparent,
  });
  await client.claimTask();
  await client.writeFile("src/b.txt", secret);
  await client.requestTransition("COMPLETE");
  await client.release("enough").catch(() => undefined);
  await client[Symbol.asyncDispose]();
  await server.close();

  const ours = receiver.spans.filter((span) => span.traceId === traceId);
  const one = (name: string, attributes: Record<string, string> = {}) => {
    const found = ours.find(
      (span) =>
        span.name === name && Object.entries(attributes).every(([member, value]) => span.attributes[member] === value),
    );
    if (!found) throw new Error(`no span \`${name}\` among ${ours.map((span) => span.name).join(", ")}`);
    return found;
  };
  const request = one("executeTool");
  expect(request).toMatchObject({
    parentSpanId: callerSpan,
    attributes: { "http.route": "/api/v1/tools/execute", "http.response.status_code": "200" },
  });
  expect(one("tool run", { "phasegate.tool": "write_files" }).parentSpanId).toBe(request.spanId);
  const decision = one("decision", { "phasegate.command": "call_tool", "phasegate.effect": "allow" });
  expect(ours.find((span) => span.name === "ledger append" && span.parentSpanId === decision.spanId)).toBeDefined();
  const job = one("job evidence");
  expect(ours.find((span) => span.spanId === job.parentSpanId)?.name).toBe("decision");
  expect(one("evidence run", { "phasegate.purpose": "command" }).parentSpanId).toBe(job.spanId);

  const others = receiver.spans.filter((span) => span.traceId !== traceId);
  expect(others.some((span) => span.name === "createTask" && span.parentSpanId === null)).toBe(true);
  for (const hidden of [secret, String(key), operatorKey, "src/b.txt", "test -f"])
    expect(receiver.text).not.toContain(hidden);
  expect(receiver.text).not.toMatch(/eyJ[\w-]+\./);
});
