import { expect, test } from "vitest";
import { AgentClient, asFunctions, toolsFor } from "../index.ts";
import {
  claimAnswer,
  refusal,
  type ScriptedAnswer,
  ScriptedServer,
  transitionAnswer,
} from "../testing/scripted-server.ts";

async function tools(...script: ScriptedAnswer[]) {
  const server = new ScriptedServer(claimAnswer(), ...script);
  const client = new AgentClient({
    url: "http://scripted",
    agentId: "ada",
    fetch: server.fetch,
    retry: { maxAttempts: 1 },
  });
  await client.claimTask();
  return { server, ...toolsFor(client) };
}

const executed: ScriptedAnswer = {
  body: { result: { status: "success", files: ["a"] }, logged: true, event_id: "e", warnings: ["mind the gap"] },
};

test("the tools on offer are those that the phase allows, and the calls that lead on", async () => {
  const { allowed } = await tools({ body: { allowed_tools: ["glob", "read_files", "web_fetch"], next: [] } });
  expect((await allowed()).map(({ name }) => name)).toEqual([
    "read_files",
    "glob",
    "get_brief",
    "request_transition",
    "complete_task",
  ]);
});

test("every definition is a closed JSON schema of an object", async () => {
  const { definitions } = await tools();
  for (const { inputSchema } of definitions) {
    expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
  }
});

test("function calling gets the same tools under its own names", async () => {
  const { definitions } = await tools();
  const [first] = definitions;
  expect(asFunctions(definitions)[0]).toEqual({
    type: "function",
    function: { name: "read_files", description: first?.description, parameters: first?.inputSchema },
  });
});

test("a call runs the tool and gives its result as text and as a value", async () => {
  const { execute, server } = await tools(executed);
  expect(await execute("glob", '{"pattern":"*"}')).toEqual({
    content: [{ type: "text", text: '{"status":"success","files":["a"]}\nwarning: mind the gap' }],
    structuredContent: { status: "success", files: ["a"] },
    isError: false,
  });
  expect(server.requests.at(-1)?.body).toMatchObject({ tool_name: "glob", args: { pattern: "*" } });
});

test.each([
  "tool_not_allowed",
  "path_not_allowed",
  "tool_failed",
  "invalid_request",
  "transition_in_progress",
] as const)("%s is put before the model", async (code) => {
  const { execute } = await tools(refusal(code));
  const { isError, content } = await execute("glob", { pattern: "*" });
  expect(isError).toBe(true);
  expect(content[0].text).toBe(`${code}: the detail of ${code}`);
});

test.each(["unauthenticated", "token_revoked", "ledger_unavailable", "internal_error"] as const)(
  "%s is not the model's to solve",
  async (code) => {
    const { execute } = await tools(refusal(code));
    await expect(execute("glob", {})).rejects.toMatchObject({ code });
  },
);

test.each(["[1]", "{", '"text"', "null"])("the arguments %s run nothing", async (args) => {
  const { execute, server } = await tools();
  expect(await execute("glob", args)).toMatchObject({ isError: true });
  expect(server.requests).toHaveLength(1);
});

test("a move tells the model what the new phase is", async () => {
  const { execute, server } = await tools(
    transitionAnswer({ allowed: true, new_token: "token-2", phase: "NEXT", status: "active" }),
    { body: { brief: "**Phase NEXT**" } },
  );
  const outcome = await execute("request_transition", { target_phase: "NEXT", artifacts: { plan: { a: 1 } } });
  expect(outcome).toEqual({
    content: [{ type: "text", text: "moved; the task is in phase NEXT\n**Phase NEXT**" }],
    isError: false,
  });
  expect(server.requests[1]?.body).toMatchObject({ target_phase: "NEXT", artifacts: { plan: { a: 1 } } });
});

test("a gate that blocks is an error that lists what it lacks", async () => {
  const blocked = transitionAnswer({ blockers: ["no test fails"], phase: "WORK", status: "active" });
  const { execute } = await tools(blocked);
  const { isError, content } = await execute("request_transition", { target_phase: "NEXT" });
  expect(isError).toBe(true);
  expect(content[0].text).toBe("blocked; the task is in phase WORK\n- no test fails");
});

test("a completion is asked for by name, and a transition without a target is not asked", async () => {
  const { execute, server } = await tools(transitionAnswer({ allowed: true, status: "completed", phase: "WORK" }));
  expect(await execute("request_transition", {})).toMatchObject({ isError: true });
  expect(server.requests).toHaveLength(1);
  expect(await execute("complete_task", "")).toMatchObject({ isError: false });
});
