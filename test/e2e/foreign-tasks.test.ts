import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import type { Answer, Api } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: foreign
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**"], gate: { approval: human } }
  - { id: DONE, tools: [] }
`;

const absent = { task: "task_0000000000000000000000", approval: "apr_0000000000000000000000" };

type Token = "none" | "own" | "garbage";

/** Every call of the API that names a task, or what belongs to one; roles that an agent lacks are refused before it. */
const calls: readonly (readonly [method: string, path: string, body?: Record<string, unknown>])[] = [
  ["GET", "/tasks/{task}"],
  ["GET", "/tasks/{task}/artifacts"],
  ["GET", "/tasks/{task}/diff"],
  ["GET", "/tasks/{task}/evidence"],
  ["GET", "/tasks/{task}/brief"],
  ["POST", "/tasks/{task}/heartbeat", {}],
  ["POST", "/tasks/{task}/token", {}],
  ["POST", "/tasks/{task}/release", { reason: "mine" }],
  ["POST", "/tasks/{task}/fail", { reason: "mine" }],
  ["POST", "/tasks/{task}/complete", { artifacts: {} }],
  ["POST", "/tasks/{task}/cancel", { reason: "mine" }],
  ["POST", "/tasks/{task}/reassign", { reason: "mine" }],
  ["POST", "/tasks/{task}/reopen", { reason: "mine" }],
  ["POST", "/tasks/{task}/sync", {}],
  ["POST", "/tasks/{task}/override", { gate: "work_gate", reason: "mine", expires_in_seconds: 60 }],
  ["POST", "/tasks/{task}/blockers", { text: "stuck" }],
  ["POST", "/tasks/{task}/blockers/blk_0000000000000000000000/resolve", {}],
  ["POST", "/tasks/claim", { agent_id: "ada", task_id: "{task}" }],
  ["POST", "/tasks/transition", { task_id: "{task}", current_phase: "WORK", target_phase: "DONE", artifacts: {} }],
  ["POST", "/tools/execute", { task_id: "{task}", tool_name: "bash", args: { command: "true" } }],
  ["POST", "/tools/execute", { task_id: "{task}", tool_name: "bash", args: {} }],
  ["POST", "/tools/authorize", { task_id: "{task}", tool_name: "bash", args: { command: "true" } }],
  ["GET", "/reviews/{task}"],
  ["POST", "/reviews/{task}", { verdict: "pass", findings: [] }],
  ["GET", "/events?task_id={task}"],
  ["GET", "/audit/query?task_id={task}&limit=1"],
  ["GET", "/approvals?task_id={task}&limit=1"],
  ["GET", "/approvals?status=requested&task_id={task}&limit=1"],
  ["GET", "/approvals/{approval}"],
  ["POST", "/approvals/{approval}/grant", { digest: `sha256:${"0".repeat(64)}` }],
  ["POST", "/approvals/{approval}/deny", { digest: `sha256:${"0".repeat(64)}`, comment: "no" }],
  ["POST", "/tasks/{task}/externals", { name: "scanner", digest: `sha256:${"0".repeat(64)}`, status: "success" }],
  ["GET", "/operations/{operation}"],
  ["DELETE", "/operations/{operation}"],
  ["POST", "/tools/record", { event_id: "{call}", success: true }],
];

interface Names {
  readonly task: string;
  readonly approval: string;
  readonly operation: string;
  readonly call: string;
}

describe("a task that a principal may not see", () => {
  let server: TestServer;
  let ada: Api;
  let holder: Agent;
  let own: Agent;
  let foreign: Names;
  const unknown: Names = { ...absent, operation: "op_0000000000000000000000", call: "evt_0000000000000000000000" };

  beforeAll(async () => {
    server = await TestServer.start({ workflow, files: { "src/a.txt": "a\n" } });
    ada = await server.agent("ada");
    const bob = await server.agent("bob");
    const created = await server.operator.post("/tasks", { title: "Bob's" });
    holder = await Agent.claim(bob, "bob", String(created.body["id"]));
    const authorized = await bob.post("/tools/authorize", {
      task_id: holder.taskId,
      phase_token: holder.token,
      tool_name: "bash",
      args: { command: "true" },
    });
    const asked = await holder.transition("DONE");
    const approval = String((asked.body["approval"] as Record<string, unknown>)["id"]);
    const requested = await server.operator.get(`/events?task_id=${holder.taskId}&type=transition.requested`);
    const [event] = requested.body["events"] as { data: Record<string, unknown> }[];
    const operation = String(
      (event?.data["data"] as Record<string, unknown> | undefined)?.["operation_id"] ?? event?.data["operation_id"],
    );
    foreign = { task: holder.taskId, approval, operation, call: String(authorized.body["event_id"]) };
    await server.operator.post("/tasks", { title: "Ada's" });
    own = await Agent.claim(ada, "ada");
  });
  afterAll(() => server.stop());

  const send = (
    api: Api,
    [method, path, body]: (typeof calls)[number],
    names: Names,
    token: Token,
  ): Promise<Answer> => {
    const named = (text: string): string =>
      text.replaceAll(/\{(task|approval|operation|call)\}/g, (_, name: keyof Names) => names[name]);
    const tokens = { none: {}, own: { phase_token: own.token }, garbage: { phase_token: "not.a.token" } };
    const whole =
      body === undefined ? undefined : { ...(JSON.parse(named(JSON.stringify(body))) as object), ...tokens[token] };
    return api.call(method, named(path), whole);
  };

  /** Everything that the caller gets to see, less the names that it sent itself. */
  const seen = ({ status, body, headers }: Answer, names: Names): unknown => {
    const text = Object.entries(names).reduce(
      (rest, [name, id]) => rest.replaceAll(id, `{${name}}`),
      JSON.stringify(body),
    );
    return { status, text, retryAfter: headers.get("retry-after"), type: headers.get("content-type") };
  };

  test.each(
    calls.flatMap((call) =>
      (call[0] === "POST" ? (["none", "own", "garbage"] as const) : (["none"] as const)).map(
        (token) => [call, token] as const,
      ),
    ),
  )("$0.0 $0.1 with the token `$1` is answered as for a task that does not exist", async (call, token) => {
    const [there, notThere] = [await send(ada, call, foreign, token), await send(ada, call, unknown, token)];
    expect(seen(there, foreign)).toEqual(seen(notThere, unknown));
    const isList = call[1].includes("?") && !call[1].startsWith("/events");
    expect(there.status === 200).toBe(isList);
  });

  test("the names above are those of what is there", () => {
    expect(Object.values(foreign).map((id) => id.replace(/_.*/, ""))).toEqual(["task", "apr", "op", "evt"]);
  });

  test("no call that names a task is missing above", async () => {
    const { paths } = (await server.operator.get("/openapi.json")).body as { paths: Record<string, object> };
    const named = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, one]) =>
          /"name":"(task_id|approval_id|operation_id)"|"task_id":\{"(minLength|type)"|"event_id":\{"(minLength|type)"/.test(
            JSON.stringify([
              (one as { parameters?: unknown }).parameters,
              (one as { requestBody?: unknown }).requestBody,
            ]),
          ),
        )
        .map(([method]) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`),
    );
    const tried = new Set(
      calls.map(([method, path]) => `${method} ${path.replace(/\?.*/, "").replaceAll(/\{\w+\}|blk_0+/g, "*")}`),
    );
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((one) => !tried.has(one.replaceAll(/\{\w+\}/g, "*")))).toEqual([]);
  });

  test("a token of another task is refused as such, and recorded on the task that it is of", async () => {
    for (const task of [foreign.task, absent.task, "task-1"]) {
      const body = { task_id: task, phase_token: own.token, tool_name: "bash", args: { command: "true" } };
      expect((await ada.post("/tools/execute", body)).body).toMatchObject({
        status: 403,
        code: "token_wrong_task",
        detail: "Token task_id does not match request task_id",
      });
    }
    const recorded = await server.operator.get(`/audit/query?task_id=${own.taskId}&type=violation.detected&limit=3`);
    const entries = recorded.body["entries"] as { reasons: { code: string }[] }[];
    expect(entries.map(({ reasons }) => reasons[0]?.code)).toEqual(Array(3).fill("token_wrong_task"));
    const elsewhere = await server.operator.get(`/audit/query?task_id=${foreign.task}&type=violation.detected`);
    expect(elsewhere.body["total"]).toBe(0);
  });

  test("what is done in it is in the statistics of those who may see it alone", async () => {
    const everyone = [server.operator, ada, holder.api];
    const totals = async () =>
      Promise.all(everyone.map(async (api) => Number((await api.get("/audit/stats")).body["total_entries"])));
    const before = await totals();
    expect((await own.execute("write_files", { path: "elsewhere.txt", content: "x" })).status).toBe(403);
    const after = await totals();
    expect(after.map((total, index) => total - (before[index] ?? 0))).toEqual([1, 1, 0]);
  });

  test("operators, reviewers, approvers and auditors see it, and its holder does", async () => {
    const people = [
      await server.withKey("person", "rita", ["reviewer"]),
      await server.withKey("person", "paul", ["approver"]),
      await server.withKey("person", "anna", ["auditor"]),
    ];
    for (const api of [server.operator, ...people, holder.api]) {
      expect((await api.get(`/tasks/${foreign.task}`)).body).toMatchObject({ id: foreign.task });
      expect((await api.get(`/approvals/${foreign.approval}`)).body).toMatchObject({ id: foreign.approval });
    }
  });

  test("a ready task is on offer to every agent by its id, and the claim says what it lacks", async () => {
    const created = await server.operator.post("/tasks", { title: "For painters", capabilities: ["paint"] });
    const id = String(created.body["id"]);
    expect((await ada.post("/tasks/claim", { agent_id: "ada", task_id: id })).body).toMatchObject({
      status: 409,
      code: "task_not_claimable",
      detail: "the task asks for capabilities that the claim does not name: `paint`",
    });
    expect((await ada.post("/tasks/claim", { agent_id: "ada", task_id: id, capabilities: ["paint"] })).status).toBe(
      200,
    );
  });
});
