import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Api } from "../harness/api.ts";
import { makeRepository, temporaryDirectory } from "../harness/repository.ts";

const bin = fileURLToPath(new URL("../../packages/cli/bin/phasegate.mjs", import.meta.url));
const { path: directory, remove } = temporaryDirectory("secrets");
const dataDirectory = join(directory, "data");
const logFile = join(directory, "server.log");
const workflow = `
name: secrets
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**"] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

/** What must be found nowhere, by what it is. Those that the server makes are added when they are made. */
const secrets: Record<string, string> = {
  "the operator's key": "operator-key-S3CRET-with-more-than-32-characters",
  "the secret of tokens": "jwt-secret-S3CRET-with-more-than-32-characters-in-it",
  "a webhook's secret": "webhook-secret-S3CRET-of-24-bytes-or-more",
  "a webhook's path": "T00-S3CRET-path-of-the-receiver",
  "a key that is none": "pgk_S3CRET-that-is-no-key-of-this-server-at-all",
  "a password of a caller": "cGVyc29uOlMzQ1JFVC1wYXNzd29yZA==",
};
const [operatorKey = "", tokenSecret = "", webhookSecret = "", webhookPath = "", noKey = "", basic = ""] =
  Object.values(secrets);

const receiver = createServer((_request, response) => response.writeHead(500).end());
let server: ReturnType<typeof spawn>;
let url = "";
let printed = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => void receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  const cwd = makeRepository(join(directory, "repository"), { "agent_workflow.yaml": workflow, "src/a": "a\n" });
  const receivers = [{ name: "r", url: `http://127.0.0.1:${port}/${webhookPath}`, secret_env_var: "RECEIVER_SECRET" }];
  const settings = {
    logging: { level: "trace", file: logFile },
    events: { webhooks: receivers },
    retry: { initial_delay_ms: 1, max_delay_ms: 5 },
    runner: { sandbox: "off" },
  };
  writeFileSync(join(cwd, "phasegate.yaml"), JSON.stringify(settings));
  server = spawn(process.execPath, [bin, "serve", "--port", "0", "--data-dir", dataDirectory], {
    cwd,
    env: {
      PATH: process.env["PATH"],
      HOME: directory,
      PHASEGATE_OPERATOR_KEY: operatorKey,
      PHASEGATE_JWT_SECRET: tokenSecret,
      RECEIVER_SECRET: webhookSecret,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [server.stdout, server.stderr]) stream?.on("data", (text: Buffer) => (printed += text));
  const lines = createInterface({ input: server.stdout! });
  for await (const line of lines) {
    url = /listens on (\S+)/.exec(line)?.[1] ?? "";
    if (url !== "") break;
  }
});
afterAll(async () => {
  if (server.exitCode === null && server.kill("SIGKILL")) await once(server, "close");
  receiver.close();
  remove();
});

/** Bytes that no client of ours would send. */
async function raw(text: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined).end(text);
  await once(socket.resume(), "close");
}

test("no secret is in what the server prints, logs, keeps, counts or tells, whatever is asked of it", async () => {
  const operator = new Api(url, operatorKey);
  const made = await operator.post("/keys", { name: "ada", kind: "agent", roles: ["agent"] });
  const gone = await operator.post("/keys", { name: "bob", kind: "agent", roles: ["agent"] });
  secrets["an agent's key"] = String(made.body["key"]);
  secrets["a revoked key"] = String(gone.body["key"]);
  await operator.delete(`/keys/${String(gone.body["id"])}`);
  const ada = new Api(url, secrets["an agent's key"]);
  const created = await operator.post("/tasks", { title: "Keep it" });
  const taskId = String(created.body["id"]);
  const agent = await Agent.claim(ada, "ada", taskId);
  const token = (secrets["a phase token"] = agent.token);

  await agent.execute("write_files", { path: "src/b", content: "b\n" });
  await agent.bash(`echo ${token} ${ada.key}; exit 3`);
  await agent.bash("env; cat /proc/self/environ ; echo of-no-secret");
  await agent.execute("read_files", { path: `src/${token}` });
  await agent.execute("no_such_tool", { token, key: ada.key, password: basic });
  for (const key of [null, noKey, secrets["a revoked key"] ?? "", `${operatorKey}x`]) {
    const api = new Api(url, key);
    await api.post("/tasks/claim", { agent_id: "x", phase_token: token });
    await api.get(`/state/snapshot?phase_token=${token}`, { "Phase-Token": token });
  }
  await ada.get(`/state/snapshot?phase_token=${token}`);
  await ada.get(`/nowhere/${token}?phase_token=${token}&key=${operatorKey}`);
  await ada.get(`/tasks/${token}`, { "Phase-Token": token, Cookie: `session=${token}` });
  await ada.get("/keys", { Authorization: `Basic ${basic}` });
  await ada.post("/tasks/transition", `{"phase_token": "${token}", "task_id": `);
  await ada.post("/tasks/transition", { phase_token: `${token}x`, task_id: taskId });
  await ada.post("/tools/execute", { phase_token: token, [token]: token, tool_name: 7 });
  await ada.post(`/tasks/${taskId}/heartbeat`, { phase_token: token }, { "Idempotency-Key": token });
  await ada.call("PATCH", "/config", { changes: { "logging.level": token } });
  await operator.call("PATCH", "/config", { changes: { "server.host": operatorKey, "events.webhooks": [token] } });
  await operator.post("/keys", { name: operatorKey.repeat(20), kind: "person", roles: ["owner"] });
  await raw(`GET /?phase_token=${token} HTTP/1.1\r\nAuthorization Bearer ${ada.key}\r\n\r\n`);
  await raw(
    `POST /api/v1/tasks/claim HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${ada.key}\r\nContent-Length: 9`,
  );
  await raw(
    `GET /api/v1/events/stream?phase_token=${token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer ${noKey}\r\n\r\n`,
  );
  secrets["the next phase token"] = String((await agent.transition("COMPLETE")).body["new_token"]);
  await ada.get("/state/snapshot", { "Phase-Token": token });
  await agent.complete();
  await expect.poll(async () => (await operator.get("/breakers")).body["breakers"]).toMatchObject([{ state: "OPEN" }]);

  const told = await Promise.all(
    [
      "/metrics",
      "/events?limit=1000",
      "/audit/query?limit=1000",
      "/config",
      "/health/details",
      "/webhooks",
      "/breakers",
    ].map(async (path) => [path, JSON.stringify((await operator.get(path)).body)] as const),
  );
  server.kill("SIGTERM");
  await once(server, "close");
  const kept = readdirSync(dataDirectory)
    .filter((name) => name.startsWith("ledger"))
    .map((name) => [name, readFileSync(join(dataDirectory, name), "latin1")] as const);
  const places = new Map([...told, ...kept, ["printed", printed], ["the log file", readFileSync(logFile, "utf8")]]);
  const found = [...places].flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([name, secret]) => {
      const signature = secret.split(".")[2] ?? secret;
      return text.includes(secret) || text.includes(signature) ? [`${name} is in ${place}`] : [];
    }),
  );
  expect(found).toEqual([]);
  // What is no secret is found there, so the places are the right ones.
  const holding = [...places].filter(([, text]) => /request refused|of-no-secret/.test(text)).map(([place]) => place);
  expect(holding).toEqual(expect.arrayContaining(["/audit/query?limit=1000", "printed", "the log file"]));
  expect(holding.some((place) => place.startsWith("ledger"))).toBe(true);
});
